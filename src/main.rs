//! The program: everything is in the library.
//!
//! With the GNU C library `main` is its, and not that of Rust's runtime, which prepares for telling of a
//! stack overflow: it reads /proc/self/maps and gives each thread a second stack, which was 0.07 ms of a run
//! of one short command. An overflow ends the program all the same, as a segmentation fault.
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

/// What C calls.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
// SAFETY of the name: the program has no other `main`.
#[expect(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn main() -> std::ffi::c_int {
    /// As Rust's runtime has it.
    const PANICKED: i32 = 101;
    let code = std::panic::catch_unwind(fanfold::cli::main);
    std::process::exit(code.map_or(PANICKED, i32::from))
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() -> std::process::ExitCode {
    fanfold::cli::main().into()
}
