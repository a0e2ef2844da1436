//! Decodes deflate as a stream by Intel's ISA-L, faster than any other decoder on x86-64. Only with the feature `isal`.

use isal_sys::igzip_lib::{
    ISAL_DECOMP_OK, inflate_state, isal_block_state_ISAL_BLOCK_FINISH, isal_inflate, isal_inflate_init,
    isal_inflate_reset,
};

/// A decoder of raw deflate streams (RFC 1951), one after another.
pub(crate) struct Inflate {
    state: Box<inflate_state>,
    /// Whole bytes that the library holds and that were not counted as read: it looks ahead.
    held: usize,
}

// SAFETY: the pointers in the state are set before each call of the library and not used after it.
unsafe impl Send for Inflate {}

/// The most that [`Inflate`] holds without having read it.
pub(crate) const AHEAD: usize = 8;

impl Inflate {
    /// Returns a decoder at the beginning of a stream.
    pub(crate) fn new() -> Self {
        let mut state = Box::<inflate_state>::new_uninit();
        // SAFETY: the state is numbers, arrays of them and pointers, for all of which zero is a value; and
        // the library is given a pointer to as much memory as it expects.
        let state = unsafe {
            state.as_mut_ptr().write_bytes(0, 1);
            isal_inflate_init(state.as_mut_ptr());
            state.assume_init()
        };
        Inflate { state, held: 0 }
    }

    /// Goes to the beginning of another stream.
    pub(crate) fn reset(&mut self) {
        // SAFETY: the state was initialised.
        unsafe { isal_inflate_reset(&mut *self.state) };
        self.held = 0;
    }

    /// Decodes some of `input` to `output`; `input` begins where the last step stopped reading. Returns how
    /// much it read and wrote, and whether the stream is at its end.
    ///
    /// A step that reads and writes nothing wants more input, [`AHEAD`] bytes and one.
    ///
    /// # Errors
    /// The stream is not valid.
    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize, bool), Invalid> {
        let fresh = input.get(self.held..).unwrap_or_default();
        let bound = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let state = &mut *self.state;
        state.next_in = fresh.as_ptr().cast_mut();
        state.avail_in = bound(fresh.len());
        state.next_out = output.as_mut_ptr();
        state.avail_out = bound(output.len());
        // SAFETY: the state was initialised, `next_in` is good for reads of `avail_in` bytes, which the
        // library does not write to, and `next_out` for writes of `avail_out`.
        let code = unsafe { isal_inflate(state) };
        // In an invalid header the library loses count, and more seems to be left than there was.
        let taken = bound(fresh.len()).saturating_sub(state.avail_in) as usize;
        let written = bound(output.len()).saturating_sub(state.avail_out) as usize;
        let held = usize::try_from(state.read_in_length / 8).unwrap_or(0);
        let read = (self.held + taken).saturating_sub(held);
        self.held = held;
        if code != ISAL_DECOMP_OK as i32 {
            return Err(Invalid { read, written });
        }
        let ended = state.block_state == isal_block_state_ISAL_BLOCK_FINISH;
        Ok((read, written, ended))
    }
}

/// Says that a stream is not valid.
#[derive(Debug)]
pub(crate) struct Invalid {
    /// How much of the step's input had been read by then.
    pub read: usize,
    /// How much had been written.
    pub written: usize,
}
