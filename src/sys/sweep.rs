//! The removal of a directory of files without the C library, for the guardian.
//!
//! It does not know whose directory it is.

use super::bare;
use std::ptr;

/// Names relative to it are relative to the working directory.
const HERE: usize = libc::AT_FDCWD as usize;
/// How much of a directory is read at once, in units of its entries' alignment: several of the longest names.
const READ: usize = 256;
/// Where in a directory's entry (`struct linux_dirent64`) its length is, in two bytes, and its name.
const LENGTH: usize = 16;
const NAME: usize = 19;

/// Removes a directory and the files in it. No link is followed, and a directory that holds another stays.
///
/// # Safety
/// `name` must be the address of a string that ends with a NUL.
pub(super) unsafe fn sweep(name: usize) {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: the caller's promise, and plain numbers.
    unsafe {
        let opened = bare::call(libc::SYS_openat, [HERE, name, flags as usize, 0]);
        let Ok(dir) = usize::try_from(opened) else { return };
        // What is read while entries go may lack some of them.
        while is_emptier(dir) {
            bare::call(libc::SYS_lseek, [dir, 0, libc::SEEK_SET as usize, 0]);
        }
        bare::call(libc::SYS_close, [dir, 0, 0, 0]);
        let flag = libc::AT_REMOVEDIR as usize;
        bare::call(libc::SYS_unlinkat, [HERE, name, flag, 0]);
    }
}

/// Removes the files of an open directory that is at its beginning; whether there was one.
fn is_emptier(dir: usize) -> bool {
    let (mut block, mut removed) = ([0u64; READ], false);
    loop {
        // SAFETY: a local, and its size.
        let read = unsafe {
            let to = (&raw mut block).expose_provenance();
            bare::call(libc::SYS_getdents64, [dir, to, size_of_val(&block), 0])
        };
        let Some(read) = usize::try_from(read).ok().filter(|&read| read > 0) else {
            return removed;
        };
        let mut at = 0;
        while at < read {
            let entry = ptr::from_ref(&block).cast::<u8>().wrapping_add(at);
            // SAFETY: the system has written whole entries, each with its length and a name that ends
            // with a NUL; they are aligned as the block is.
            unsafe {
                at += usize::from(entry.add(LENGTH).cast::<u16>().read());
                // Of a directory, which "." and ".." are too, nothing is removed.
                let name = entry.add(NAME).addr();
                removed |= bare::call(libc::SYS_unlinkat, [dir, name, 0, 0]) == 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    fn swept(dir: &Path) -> bool {
        let name = CString::new(dir.as_os_str().as_bytes()).expect("no NUL");
        // SAFETY: it is such a string.
        unsafe { sweep(name.as_ptr().addr()) };
        !dir.exists()
    }

    #[test]
    fn files_go_and_what_links_lead_to_stays() {
        let root = tempfile::tempdir().expect("a directory");
        let (dir, kept, link) = ["dir", "kept", "link"].map(|name| root.path().join(name)).into();
        for dir in [&dir, &kept] {
            fs::create_dir(dir).expect("a fresh directory");
            fs::write(dir.join("file"), "").expect("written");
        }
        // More than is read at once.
        for at in 0..100 {
            fs::write(dir.join(format!("{at:0200}")), "").expect("written");
        }
        std::os::unix::fs::symlink(&kept, dir.join("link")).expect("linked");
        std::os::unix::fs::symlink(&kept, &link).expect("linked");
        assert!(swept(&dir));
        assert!(!swept(&link) && kept.join("file").exists());
        fs::create_dir(kept.join("deeper")).expect("a fresh directory");
        assert!(!swept(&kept) && kept.join("deeper").exists() && !kept.join("file").exists());
        assert!(swept(&kept.join("deeper")) && swept(&kept.join("deeper")));
    }
}
