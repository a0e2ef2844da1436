//! A whole file as output: the system copies it, where it can, and no byte passes through our memory.

use super::{Closed, Sink, Stream, closed_by};
use crate::sys::OutputStream;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};

impl Sink<'_> {
    /// Has whole files go to `output`, which is what the sink's first writer writes to.
    pub(crate) fn send_to(&mut self, output: OutputStream) {
        self.direct = Some(output);
    }

    /// Prints a file from its beginning to its end.
    ///
    /// # Errors
    /// When the file can't be read; inside, [`Closed`] when nothing more can or should be printed.
    pub(crate) fn send(&mut self, mut file: File) -> io::Result<Result<(), Closed>> {
        let mut at = 0;
        if self.direct.is_some() && self.first.is_all() {
            self.buried |= self.marked && self.one_screen;
            loop {
                if let Err(closed) = self.go_on() {
                    return Ok(Err(closed));
                }
                let Some(output) = &mut self.direct else { break };
                match output.send(&file, &mut at) {
                    Ok(0) => return Ok(Ok(())),
                    Ok(_) => {}
                    Err(e) if e.kind() == ErrorKind::Interrupted => {}
                    Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => break,
                    Err(e) => return Ok(Err(closed_by(e))),
                }
            }
        }
        file.seek(SeekFrom::Start(at))?;
        let mut block = vec![0; 1 << 18];
        loop {
            match file.read(&mut block) {
                Ok(0) => return Ok(Ok(())),
                Ok(n) => {
                    if let Err(closed) = self.print(Stream::Out, &block[..n]) {
                        return Ok(Err(closed));
                    }
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}
