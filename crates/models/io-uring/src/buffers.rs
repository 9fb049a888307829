//! The buffers that the kernel receives into: it takes one when something has come, not when it is asked to receive.
#![expect(unsafe_code, reason = "memory that is shared with the kernel")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::Submitter;
use io_uring::types::BufRingEntry;

/// Bytes of one buffer: an answer, or a piece of a long one.
const BUFFER_BYTES: u32 = 16 << 10;
/// From one buffer to the next. A little more than a buffer, because the beginnings of short answers would otherwise
/// compete for the same few lines of the caches.
const STRIDE: usize = BUFFER_BYTES as usize + 320;
/// The fewest and the most buffers. All are free again after each turn of the loop, so they need not be as many as there
/// are connections; one that finds none says so, and asks again.
const BUFFERS: (usize, usize) = (16, 64);
/// What the kernel wants the ring of buffers to be aligned to.
const PAGE: usize = 4096;

/// A buffer into which something has been received. The kernel does not use it until it is given back.
#[derive(Debug)]
#[must_use = "a buffer that is not given back is lost"]
pub struct Buffer {
    id: u16,
    count: usize,
}

impl Buffer {
    /// The buffer of a completion.
    pub fn received(id: u16, count: usize) -> Self {
        Self { id, count }
    }
}

/// A ring of buffers: one block of memory, first the ring, then the buffers.
pub struct Buffers {
    memory: NonNull<u8>,
    layout: Layout,
    /// A power of two.
    count: u16,
    tail: u16,
    registered: bool,
}

impl Buffers {
    /// Their number in operations.
    pub const GROUP: u16 = 0;

    /// Buffers for so many connections, all given to the kernel.
    pub fn register(submitter: &Submitter<'_>, connections: usize) -> io::Result<Self> {
        let count = connections.next_power_of_two().clamp(BUFFERS.0, BUFFERS.1);
        let layout = Layout::from_size_align(PAGE + count * STRIDE, PAGE).map_err(io::Error::other)?;
        // SAFETY: the layout is not empty.
        let Some(memory) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        // Only the ring: a page of a buffer is not there until something has been received into it.
        // SAFETY: the block is longer than a page.
        unsafe { memory.write_bytes(0, PAGE) };
        let count = u16::try_from(count).map_err(io::Error::other)?;
        let mut buffers = Self { memory, layout, count, tail: 0, registered: false };
        // SAFETY: the ring lies at a page's beginning, is no longer than a page, and is not freed before it is unregistered.
        unsafe { submitter.register_buf_ring_with_flags(memory.as_ptr() as u64, count, Self::GROUP, 0)? };
        buffers.registered = true;
        (0..count).for_each(|id| buffers.give_back(Buffer { id, count: 0 }));
        Ok(buffers)
    }

    /// What has been received into a buffer.
    pub fn bytes(&self, buffer: &Buffer) -> &[u8] {
        assert!(buffer.id < self.count && buffer.count <= BUFFER_BYTES as usize);
        // SAFETY: the buffer lies within the block, the kernel has written so many bytes of it, and it is not the kernel's
        // until it is given back.
        unsafe { std::slice::from_raw_parts(self.start(buffer.id), buffer.count) }
    }

    /// Gives a buffer to the kernel.
    #[expect(clippy::needless_pass_by_value, reason = "who gives it back may not read it any more")]
    pub fn give_back(&mut self, buffer: Buffer) {
        let ring = self.memory.as_ptr().cast::<BufRingEntry>();
        let at = usize::from(self.tail & (self.count - 1));
        let start = self.start(buffer.id) as u64;
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the ring has `count` entries, is aligned, and nobody else writes to it. The kernel reads an entry after it
        // has seen the tail behind it, which is stored after the entry is. The tail is in a part of the first entry that
        // the setters leave alone.
        unsafe {
            let entry = &mut *ring.add(at);
            entry.set_addr(start);
            entry.set_len(BUFFER_BYTES);
            entry.set_bid(buffer.id);
            let tail = BufRingEntry::tail(ring).cast_mut();
            AtomicU16::from_ptr(tail).store(self.tail, Ordering::Release);
        }
    }

    /// Takes all buffers away from the kernel.
    ///
    /// It takes and fills a buffer only while this thread is in a call of its ring, because task running is deferred; and
    /// after this it finds none.
    pub fn unregister(&mut self, submitter: &Submitter<'_>) {
        if self.registered && submitter.unregister_buf_ring(Self::GROUP).is_ok() {
            self.registered = false;
        }
    }

    fn start(&self, id: u16) -> *mut u8 {
        assert!(id < self.count);
        // SAFETY: with an id below `count` this lies within the block.
        unsafe { self.memory.as_ptr().add(PAGE + usize::from(id) * STRIDE) }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // What the kernel would not let go is leaked rather than used by two.
        if !self.registered {
            // SAFETY: allocated with this layout, and nobody's any more.
            unsafe { dealloc(self.memory.as_ptr(), self.layout) };
        }
    }
}
