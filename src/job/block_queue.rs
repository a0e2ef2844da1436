//! Blocks of bytes that several commands share: each takes the next when it has room.
//!
//! It does not know where they come from.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// Yields blocks.
type Blocks = dyn Iterator<Item = io::Result<Vec<u8>>> + Send;

/// Blocks that are yet to come.
#[derive(Clone)]
pub struct BlockQueue(Arc<Mutex<Box<Blocks>>>);

/// What a queue has for one who asks.
#[derive(Debug)]
pub enum NextBlock {
    /// A block, or why there is none.
    Block(io::Result<Vec<u8>>),
    /// Another one is being given the next.
    Busy,
    /// Nothing more.
    End,
}

impl BlockQueue {
    /// Returns a queue of these blocks.
    pub fn new(blocks: impl Iterator<Item = io::Result<Vec<u8>>> + Send + 'static) -> Self {
        BlockQueue(Arc::new(Mutex::new(Box::new(blocks))))
    }

    /// Returns the next block. Blocks until it is read, but not for others.
    pub fn next(&self) -> NextBlock {
        let mut blocks = match self.0.try_lock() {
            Ok(blocks) => blocks,
            Err(TryLockError::WouldBlock) => return NextBlock::Busy,
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        };
        blocks.next().map_or(NextBlock::End, NextBlock::Block)
    }
}

impl fmt::Debug for BlockQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockQueue")
    }
}

impl PartialEq for BlockQueue {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for BlockQueue {}
