//! Finds out which bytes are characters that the user's locale can show.
//!
//! It asks the C library, so that fanfold shows what the library's own programs show.

use std::sync::Once;

unsafe extern "C" {
    fn mbrtowc(wide: *mut u32, bytes: *const u8, length: usize, state: *mut State) -> usize;
    fn iswprint(wide: u32) -> libc::c_int;
}

/// Room for the `mbstate_t` of any C library; all zero is its first state.
#[repr(C, align(16))]
struct State([u8; 128]);

/// What mbrtowc(3) returns for bytes that are no character, and for the beginning of one.
const INVALID: usize = usize::MAX;
const INCOMPLETE: usize = usize::MAX - 1;

/// Returns how many of these bytes are one character, and whether it can be shown. A byte that begins no character
/// can't be shown, nor can all the bytes of a character that is cut off at the end. There is at least one byte.
pub(crate) fn character(bytes: &[u8]) -> (usize, bool) {
    static LOCALE: Once = Once::new();
    let mut state = State([0; 128]);
    let mut wide = 0;
    // SAFETY: the name is a string; the state is zeroed and large enough; as many bytes are read as
    // there are. Nobody else asks for the locale or sets it.
    let length = unsafe {
        LOCALE.call_once(|| {
            libc::setlocale(libc::LC_CTYPE, c"".as_ptr());
        });
        mbrtowc(&mut wide, bytes.as_ptr(), bytes.len(), &mut state)
    };
    match length {
        0 => (1, false),
        INCOMPLETE => (bytes.len(), false),
        INVALID => (1, false),
        // SAFETY: a wide character that mbrtowc gave.
        length => (length, unsafe { iswprint(wide) } != 0),
    }
}
