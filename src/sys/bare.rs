//! System calls without the C library, for a process that shares our memory: what the library keeps
//! for each thread, as `errno`, is another's there.
//!
//! It does not know what it asks for.

use libc::c_long;

/// Whether there are such calls, for this kind of processor.
pub(super) const KNOWN: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// Makes the system call of this number. The answer is what the system says: from -4095 on up to -1, an
/// error. Where such calls are not known it is the C library's, and an error is always -1.
///
/// # Safety
/// As the call's own; what it is given as an address must be one.
pub(super) unsafe fn call(number: c_long, [a, b, c, d]: [usize; 4]) -> isize {
    let answer: isize;
    // SAFETY: the caller's promise; the registers are those of the system's calling convention, and
    // what the kernel does not keep of them is named.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => answer,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    // SAFETY: the caller's promise.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    unsafe {
        answer = libc::syscall(number, a, b, c, d) as isize;
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_arguments_and_takes_the_answer() {
        let (mut ends, mut byte) = ([0i32; 2], 0u8);
        // SAFETY: addresses of locals with room for what is written there, and the lengths of them.
        unsafe {
            let ends = (&raw mut ends).addr();
            assert_eq!(call(libc::SYS_pipe2, [ends, libc::O_CLOEXEC as usize, 0, 0]), 0);
        }
        let [read, write] = ends.map(|end| end as usize);
        // SAFETY: as above.
        unsafe {
            let (letter, byte) = ((&raw const *b"x").addr(), (&raw mut byte).addr());
            assert_eq!(call(libc::SYS_write, [write, letter, 1, 0]), 1);
            assert_eq!(call(libc::SYS_read, [read, byte, 1, 0]), 1);
            assert_eq!(call(libc::SYS_close, [read, 0, 0, 0]), 0);
            assert_eq!(call(libc::SYS_close, [write, 0, 0, 0]), 0);
            assert!(call(libc::SYS_close, [usize::MAX, 0, 0, 0]) < 0);
        }
        assert_eq!(byte, b'x');
    }
}
