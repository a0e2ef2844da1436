//! Parts of BGZF and zstd files: together what the whole file gives, and its failure.

use super::*;
use crate::codec::Chain;
use crate::control::Control;
use crate::memory::Budget;
use std::io::Write as _;
use std::path::Path;

/// What parts that end at these offsets of plain bytes give, in blocks that end anywhere.
fn parts(bytes: &[u8], ends: &[usize], random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let of_part = |two: &[usize], random: &mut fastrand::Rng| {
        let mut edges = Edges { begun: two[0] == 0 };
        let mut given = Vec::new();
        let mut at = two[0];
        while at < bytes.len() {
            let passed = at >= two[1];
            let limit = if passed { bytes.len() } else { two[1] };
            let end = random.usize(at + 1..=limit);
            let (lines, flow) = edges.trim(&bytes[at..end], passed);
            given.extend_from_slice(lines);
            if flow.is_break() {
                break;
            }
            at = end;
        }
        given
    };
    ends.windows(2).map(|two| of_part(two, random)).collect()
}

#[test]
fn parts_give_each_line_once_wherever_they_are_cut() {
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..5000 {
        let length = random.usize(0..40);
        let bytes: Vec<u8> = (0..length)
            .map(|_| *b"\nxy".get(random.usize(..3)).expect("of 3"))
            .collect();
        let mut ends: Vec<usize> = (0..random.usize(..5)).map(|_| random.usize(..=length)).collect();
        ends.extend([0, length]);
        ends.sort_unstable();
        ends.dedup();
        let given = parts(&bytes, &ends, &mut random);
        assert_eq!(given.concat(), bytes, "{ends:?}");
        let whole = |part: &Vec<u8>| part.is_empty() || part.ends_with(b"\n");
        let last = given.iter().rposition(|part| !part.is_empty()).unwrap_or(0);
        assert!(given[..last].iter().all(whole), "{bytes:?} {ends:?}");
    }
}

/// Lines of text in chunks of some bytes, which end anywhere; some are empty.
fn chunks(random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let chunk = |random: &mut fastrand::Rng| {
        let length = random.usize(0..400) * random.usize(0..2);
        let newlines = random.usize(3..300);
        let byte = |random: &mut fastrand::Rng| match random.usize(..newlines) {
            0 => b'\n',
            _ => random.u8(b'a'..=b'p'),
        };
        (0..length).map(|_| byte(random)).collect()
    };
    (0..random.usize(1..12)).map(|_| chunk(random)).collect()
}

/// A BGZF member.
fn member(plain: &[u8]) -> Vec<u8> {
    let mut deflate = libdeflater::Compressor::new(libdeflater::CompressionLvl::fastest());
    let mut data = vec![0; deflate.deflate_compress_bound(plain.len())];
    let n = deflate.deflate_compress(plain, &mut data).expect("there is room");
    let size = (18 + n + 8 - 1) as u16;
    let mut member = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0".to_vec();
    member.extend_from_slice(&size.to_le_bytes());
    member.extend_from_slice(&data[..n]);
    member.extend_from_slice(&libdeflater::crc32(plain).to_le_bytes());
    member.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    member
}

/// A zstd frame with a checksum, sometimes behind a skippable one.
fn frame(plain: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut frame = Vec::new();
    if random.u8(..4) == 0 {
        frame.extend_from_slice(b"\x53\x2a\x4d\x18\x03\0\0\0abc");
    }
    let mut encoder = zstd::Encoder::new(frame, 1).expect("memory");
    encoder.include_checksum(true).expect("memory");
    if random.bool() {
        encoder
            .set_pledged_src_size(Some(plain.len() as u64))
            .expect("memory");
    }
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

/// Every place where a member or a frame begins, as the headers tell.
fn begins(path: &Path) -> Vec<u64> {
    let file = File::open(path).expect("a file");
    let mut places = vec![0];
    let head = std::fs::read(path).expect("a file");
    let Some(chain) = Chain::from_head(&head[..head.len().min(Chain::HEAD_LENGTH)]) else {
        return places;
    };
    while let Some(next) = chain
        .next(&file, *places.last().expect("not empty"))
        .expect("readable")
    {
        places.push(next);
    }
    // Nothing begins at the last.
    places.truncate((places.len() - 1).max(1));
    places
}

/// What was given, and what was said of what is wrong.
type Got = (Vec<u8>, Option<String>);

fn whole(decoder: &mut Decoder, path: &Path) -> Got {
    let mut bytes = Vec::new();
    let mut file = File::open(path).expect("a file");
    let end = decoder.decode(&mut file, None, &mut |_| {}, &mut |block, _| {
        bytes.extend_from_slice(block);
        ControlFlow::Continue(())
    });
    (bytes, end.err().map(|error| error.to_string()))
}

fn part(decoder: &mut Decoder, path: &Path, ends: (u64, u64)) -> Got {
    let mut bytes = Vec::new();
    let control = Control::new(1).expect("a descriptor");
    let counter = control.worker(0).read_counter();
    let end = read(
        decoder,
        path.as_os_str(),
        ends,
        &counter,
        &mut |_| {},
        &mut |block| {
            bytes.extend_from_slice(block);
            ControlFlow::Continue(())
        },
    );
    (bytes, end.err().map(|error| error.to_string()))
}

/// What the file gives in parts that begin at some of these places, and the first that is wrong.
fn cut(decoder: &mut Decoder, path: &Path, places: &[u64], random: &mut fastrand::Rng) -> Got {
    let mut starts: Vec<u64> = places
        .iter()
        .copied()
        .filter(|&at| at == 0 || random.bool())
        .collect();
    starts.push(u64::MAX);
    let (mut all, mut first) = (Vec::new(), None);
    for ends in starts.windows(2) {
        let (bytes, said) = part(decoder, path, (ends[0], ends[1]));
        all.extend(bytes);
        first = first.or(said);
    }
    (all, first)
}

#[test]
fn a_file_in_parts_gives_what_it_gives_whole_or_fails_as_it_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a");
    let mut random = fastrand::Rng::with_seed(9);
    let mut decoder = Decoder::new(Budget::new(1 << 30), None);
    let (mut good, mut bad, mut parted) = (0, 0, 0);
    for round in 0..600 {
        let chunks = chunks(&mut random);
        let pack = |chunk: &Vec<u8>| match round % 2 {
            0 => member(chunk),
            _ => frame(chunk, &mut random),
        };
        let mut packed = chunks.iter().map(pack).collect::<Vec<_>>().concat();
        let spoilt = random.u8(..3);
        match spoilt {
            1 => {
                let at = random.usize(4..packed.len());
                packed[at] ^= 1 << random.u8(..8);
            }
            2 => packed.truncate(random.usize(4..=packed.len())),
            _ => {}
        }
        std::fs::write(&path, &packed).expect("written");
        let (whole, said) = whole(&mut decoder, &path);
        let places = begins(&path);
        parted += usize::from(places.len() > 1);
        let (bytes, also) = cut(&mut decoder, &path, &places, &mut random);
        let about = format!("round {round}: {places:?} of {} bytes", packed.len());
        assert_eq!(also, said, "{about}");
        if said.is_none() {
            assert!(bytes == whole, "{about}: the bytes differ");
            assert!(spoilt > 0 || bytes == chunks.concat(), "{about}");
            good += 1;
        } else {
            bad += 1;
        }
    }
    assert!(good > 200 && bad > 200 && parted > 400, "{good} {bad} {parted}");
}

#[test]
fn a_header_that_lies_is_found_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.gz");
    // Not compressed, so that the members within a member stand there as they are.
    let inner = [member(b"b\n"), member(b"c\n")].concat();
    let mut packed = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\0\0\x01".to_vec();
    let length = inner.len() as u16;
    packed.extend_from_slice(&length.to_le_bytes());
    packed.extend_from_slice(&(!length).to_le_bytes());
    // The first member's length is said to be what stands before the first within it.
    let lie = packed.len();
    packed[16..18].copy_from_slice(&(lie as u16 - 1).to_le_bytes());
    packed.extend_from_slice(&inner);
    packed.extend_from_slice(&libdeflater::crc32(&inner).to_le_bytes());
    packed.extend_from_slice(&(inner.len() as u32).to_le_bytes());
    std::fs::write(&path, &packed).expect("written");
    let places = begins(&path);
    assert_eq!(places[1], lie as u64);
    let mut decoder = Decoder::new(Budget::new(1 << 30), None);
    assert_eq!(whole(&mut decoder, &path), (inner, None), "as gzip reads it");
    let (_, said) = part(&mut decoder, &path, (0, places[1]));
    let said = said.expect("it lies");
    assert!(
        said.starts_with("corrupt file: no member begins at byte 0 or at byte 23, though a header says so"),
        "{said}"
    );
}
