//! Tests of what only gzip has: several ways to one result, header fields, and lengths that lie. With
//! ISA-L there is one way for everything but BGZF.

use super::*;

#[cfg(not(feature = "isal"))]
#[test]
fn only_what_nothing_can_spoil_is_final() {
    let Some((_, packed)) = pipe("gzip", &["-c"], &text(40, 1)) else {
        return;
    };
    let trusts = |bytes: &[u8]| decode(bytes).trusts;
    assert_eq!(trusts(b"text\n"), [Trust::Final]);
    assert_eq!(trusts(&packed), [Trust::Final]);
    assert_eq!(trusts(&[packed.clone(), packed.clone()].concat()), [Trust::Final]);
    assert_eq!(
        trusts(&[packed.clone(), b"garbage".to_vec()].concat()),
        [Trust::Provisional]
    );
    let pipe = decode_with(&mut decoder(), &mut &packed[..], None);
    assert_eq!(pipe.trusts, [Trust::Provisional]);
}

#[test]
fn a_small_budget_streams() {
    let Some((_, packed)) = pipe("gzip", &["-c"], &text(4000, 1)) else {
        return;
    };
    let mut small = Decoder::new(Budget::new(1 << 20), None);
    let got = decode_with(&mut small, &mut &packed[..], Some(packed.len() as u64));
    assert!(got.result.is_ok() && got.plain == text(4000, 1));
    assert_eq!(got.trusts[0], Trust::Provisional);
}

#[test]
fn a_forged_length_is_found_out() {
    let Some((_, packed)) = pipe("gzip", &["-c"], &text(40, 1)) else {
        return;
    };
    for length in [0u32, 1, 1 << 16, 96 << 20, (96 << 20) + 1, u32::MAX] {
        let mut bytes = packed.clone();
        let at = bytes.len() - 4;
        bytes[at..].copy_from_slice(&length.to_le_bytes());
        let error = decode(&bytes).result.expect_err("the length is wrong");
        assert_eq!(
            error,
            format!("corrupt gzip stream at byte {at}: length mismatch")
        );
    }
}

#[test]
fn header_fields_get_the_verdict_of_gzip() {
    let Some((_, packed)) = pipe("gzip", &["-cn"], &text(40, 1)) else {
        return;
    };
    let extra: &[u8] = b"\x05\0extra";
    for flags in 0..=255u8 {
        let mut bytes = packed[..10].to_vec();
        bytes[3] = flags;
        for (flag, field) in [(4, extra), (8, b"name\0"), (16, b"comment\0")] {
            if flags & flag != 0 {
                bytes.extend_from_slice(field);
            }
        }
        let crc = libdeflater::crc32(&bytes) as u16;
        for wrong in [0, 1] {
            let mut bytes = bytes.clone();
            if flags & 2 != 0 {
                bytes.extend_from_slice(&(crc ^ wrong).to_le_bytes());
            }
            bytes.extend_from_slice(&packed[10..]);
            agree("gzip", &bytes, &(flags, wrong));
        }
    }
}

#[cfg(not(feature = "isal"))]
#[test]
fn many_small_members_make_one_block() {
    let Some((_, one)) = pipe("gzip", &["-c"], &text(20, 1)) else {
        return;
    };
    let Some((_, two)) = pipe("gzip", &["-c"], &text(10, 2)) else {
        return;
    };
    let got = decode(&[one, two].concat().repeat(100));
    assert_eq!(got.trusts, [Trust::Final]);
    assert!(got.plain == [text(20, 1), text(10, 2)].concat().repeat(100));
}

#[test]
fn a_member_within_a_member_is_data() {
    let Some((_, inner)) = pipe("gzip", &["-c"], &text(40, 1)) else {
        return;
    };
    // The inner file is too random to be compressed again, so its header and trailer stand unchanged in
    // the outer file.
    let inner = inner.repeat(2);
    let Some((_, outer)) = pipe("gzip", &["-1c"], &inner[..inner.len() / 2 + 100]) else {
        return;
    };
    let got = decode(&outer);
    assert!(got.result.is_ok() && got.plain == inner[..inner.len() / 2 + 100]);
    agree(
        "gzip",
        &[&outer[..], &inner].concat(),
        &"a member within a member",
    );
}

#[cfg(not(feature = "isal"))]
#[test]
fn members_larger_than_the_buffer_together_are_given_one_by_one() {
    let zeros = vec![0; 60 << 20];
    let Some((_, one)) = pipe("gzip", &["-1c"], &zeros) else {
        return;
    };
    let bytes = one.repeat(2);
    let got = decode_with(&mut decoder(), &mut &bytes[..], Some(bytes.len() as u64));
    assert_eq!(got.trusts, [Trust::Provisional, Trust::Provisional]);
    assert!(got.result.is_ok() && got.plain.len() == 2 * zeros.len());
}
