//! Calls on sockets that were granted.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;

use crate::errno::{Errno, Outcome};
use crate::guest::{self, Buffers};
use crate::table::{Descriptor, Object};
use crate::types::{FdFlags, rights};
use crate::wasi::Wasi;

impl Wasi {
    /// An open connection that has these rights. Whatever is no socket is not asked for its rights.
    fn connection(&mut self, fd: i32, needed: u64) -> Result<&mut std::net::TcpStream, Errno> {
        let descriptor = self.table.get_mut(fd)?;
        let checked = descriptor.check(needed);
        match &mut descriptor.object {
            Object::Connection(stream) => checked.map(|()| stream),
            Object::Listener(_) => Err(Errno::NotConn),
            _ => Err(Errno::NotSock),
        }
    }

    pub(super) fn accept(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        let flags = FdFlags::new(flags)?;
        let descriptor = self.table.get(fd)?;
        let Object::Listener(listener) = &descriptor.object else {
            return Err(match descriptor.object {
                Object::Connection(_) => Errno::Inval,
                _ => Errno::NotSock,
            });
        };
        descriptor.check(rights::SOCK_ACCEPT)?;
        self.table.check_room()?;
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(flags.nonblock)?;
        let base = rights::SOCKET & descriptor.inheriting;
        let object = Object::Connection(stream);
        let number = self.table.insert(Descriptor { object, flags, base, inheriting: 0 })?;
        guest::write_u32(memory, result, number)
    }

    pub(super) fn recv(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        (list, count): (i32, i32),
        flags: i32,
        (result, result_flags): (i32, i32),
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        guest::check(memory, result_flags, 2)?;
        let buffers = Buffers::read(memory, list, count)?;
        let stream = self.connection(fd, rights::FD_READ)?;
        let (peek, wait_all) = match flags {
            0..=3 => (flags & 1 != 0, flags & 2 != 0),
            _ => return Err(Errno::Inval),
        };
        // All of it: buffer after buffer is filled until there is no more.
        let count = buffers.fill(memory, !wait_all || peek, |into, _| {
            if peek {
                return Ok(stream.peek(into)?);
            }
            let mut done = stream.read(into)?;
            while wait_all && done < into.len() {
                match stream.read(into.get_mut(done..).unwrap_or_default()) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => done += count,
                }
            }
            Ok(done)
        })?;
        guest::write_u32(memory, result, count)?;
        guest::write(memory, result_flags, &[0, 0])
    }

    pub(super) fn send(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        (list, count): (i32, i32),
        flags: i32,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        let buffers = Buffers::read(memory, list, count)?;
        self.connection(fd, rights::FD_WRITE)?;
        if flags != 0 {
            return Err(Errno::Inval);
        }
        let allowed = self.allowance(u64::from(buffers.total()))?;
        let from = buffers.gather(memory, allowed);
        let count = self.connection(fd, rights::FD_WRITE)?.write_vectored(&from)?;
        self.written = self.written.saturating_add(count as u64);
        guest::write_u32(memory, result, count as u32)
    }

    pub(super) fn shutdown(&mut self, fd: i32, how: i32) -> Outcome {
        let stream = self.connection(fd, rights::SOCK_SHUTDOWN)?;
        let how = match how {
            1 => Shutdown::Read,
            2 => Shutdown::Write,
            3 => Shutdown::Both,
            _ => return Err(Errno::Inval),
        };
        Ok(stream.shutdown(how)?)
    }
}
