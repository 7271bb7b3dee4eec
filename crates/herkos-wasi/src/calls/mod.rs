//! The functions of preview 1 as a guest calls them; what they do stands in the files of this folder.

mod fd;
mod path;
mod poll;
mod process;
mod sock;

use herkos_runtime::{TrapKind, WasmResult, WasmTrap};

use crate::errno::returned;
use crate::wasi::Wasi;

#[allow(clippy::too_many_arguments, reason = "preview 1 has functions with nine")]
impl Wasi {
    /// Writes the addresses of the arguments to `list`, and the arguments to `buffer`.
    pub fn args_get(&mut self, memory: &mut [u8], list: i32, buffer: i32) -> WasmResult<i32> {
        returned(process::strings(&self.args, memory, list, buffer))
    }

    /// The number of arguments, and the bytes that they take.
    pub fn args_sizes_get(&mut self, memory: &mut [u8], count: i32, bytes: i32) -> WasmResult<i32> {
        returned(process::string_sizes(&self.args, memory, count, bytes))
    }

    /// Writes the addresses of the environment's variables to `list`, and the variables to `buffer`.
    pub fn environ_get(&mut self, memory: &mut [u8], list: i32, buffer: i32) -> WasmResult<i32> {
        returned(process::strings(&self.env, memory, list, buffer))
    }

    /// The number of variables, and the bytes that they take.
    pub fn environ_sizes_get(
        &mut self,
        memory: &mut [u8],
        count: i32,
        bytes: i32,
    ) -> WasmResult<i32> {
        returned(process::string_sizes(&self.env, memory, count, bytes))
    }

    /// The step of a clock, in nanoseconds.
    pub fn clock_res_get(&mut self, memory: &mut [u8], clock: i32, result: i32) -> WasmResult<i32> {
        returned(self.clock_res(memory, clock, result))
    }

    /// The time of a clock, in nanoseconds. No clock makes use of the precision asked for.
    pub fn clock_time_get(
        &mut self,
        memory: &mut [u8],
        clock: i32,
        precision: i64,
        result: i32,
    ) -> WasmResult<i32> {
        let _ = precision;
        returned(self.clock_time(memory, clock, result))
    }

    /// Says how a file is going to be used.
    pub fn fd_advise(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        offset: i64,
        length: i64,
        advice: i32,
    ) -> WasmResult<i32> {
        let _ = memory;
        returned(self.advise(fd, offset, length, advice))
    }

    /// Makes sure that there is room in a file.
    pub fn fd_allocate(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        offset: i64,
        length: i64,
    ) -> WasmResult<i32> {
        let _ = memory;
        returned(self.allocate(fd, offset, length))
    }

    /// Closes a descriptor.
    pub fn fd_close(&mut self, memory: &mut [u8], fd: i32) -> WasmResult<i32> {
        let _ = memory;
        returned(self.table.close(fd))
    }

    /// Makes the contents of a file durable.
    pub fn fd_datasync(&mut self, memory: &mut [u8], fd: i32) -> WasmResult<i32> {
        let _ = memory;
        returned(self.sync(fd, false))
    }

    /// The type, the flags and the rights of a descriptor.
    pub fn fd_fdstat_get(&mut self, memory: &mut [u8], fd: i32, result: i32) -> WasmResult<i32> {
        returned(self.fdstat(memory, fd, result))
    }

    /// Sets the flags of a descriptor.
    pub fn fd_fdstat_set_flags(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
    ) -> WasmResult<i32> {
        let _ = memory;
        returned(self.set_flags(fd, flags))
    }

    /// Takes rights from a descriptor.
    pub fn fd_fdstat_set_rights(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        base: i64,
        inheriting: i64,
    ) -> WasmResult<i32> {
        let _ = memory;
        returned(self.set_rights(fd, base, inheriting))
    }

    /// What is known of an open file.
    pub fn fd_filestat_get(&mut self, memory: &mut [u8], fd: i32, result: i32) -> WasmResult<i32> {
        returned(self.filestat(memory, fd, result))
    }

    /// Makes a file shorter or longer.
    pub fn fd_filestat_set_size(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        size: i64,
    ) -> WasmResult<i32> {
        let _ = memory;
        returned(self.set_size(fd, size))
    }

    /// Sets timestamps of an open file.
    pub fn fd_filestat_set_times(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        accessed: i64,
        modified: i64,
        flags: i32,
    ) -> WasmResult<i32> {
        let _ = memory;
        returned(self.set_times(fd, accessed, modified, flags))
    }

    /// Reads at a position.
    pub fn fd_pread(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffers: i32,
        count: i32,
        offset: i64,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.read(memory, fd, (buffers, count), Some(offset as u64), result))
    }

    /// What was granted as this descriptor, and how long its name is.
    pub fn fd_prestat_get(&mut self, memory: &mut [u8], fd: i32, result: i32) -> WasmResult<i32> {
        returned(self.prestat(memory, fd, result))
    }

    /// The name of a directory that was granted.
    pub fn fd_prestat_dir_name(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        name: i32,
        length: i32,
    ) -> WasmResult<i32> {
        returned(self.prestat_name(memory, fd, name, length))
    }

    /// Writes at a position.
    pub fn fd_pwrite(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffers: i32,
        count: i32,
        offset: i64,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.write(memory, fd, (buffers, count), Some(offset as u64), result))
    }

    /// Reads.
    pub fn fd_read(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffers: i32,
        count: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.read(memory, fd, (buffers, count), None, result))
    }

    /// Reads the entries of a directory.
    pub fn fd_readdir(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffer: i32,
        length: i32,
        cookie: i64,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.readdir(memory, fd, (buffer, length), cookie as u64, result))
    }

    /// Moves a descriptor to the number of another.
    pub fn fd_renumber(&mut self, memory: &mut [u8], from: i32, to: i32) -> WasmResult<i32> {
        let _ = memory;
        returned(self.table.renumber(from, to))
    }

    /// Moves the position in a file.
    pub fn fd_seek(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        offset: i64,
        whence: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.seek(memory, fd, offset, whence, result))
    }

    /// Makes a file durable.
    pub fn fd_sync(&mut self, memory: &mut [u8], fd: i32) -> WasmResult<i32> {
        let _ = memory;
        returned(self.sync(fd, true))
    }

    /// The position in a file.
    pub fn fd_tell(&mut self, memory: &mut [u8], fd: i32, result: i32) -> WasmResult<i32> {
        returned(self.tell(memory, fd, result))
    }

    /// Writes.
    pub fn fd_write(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffers: i32,
        count: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.write(memory, fd, (buffers, count), None, result))
    }

    /// Makes a directory.
    pub fn path_create_directory(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        path: i32,
        length: i32,
    ) -> WasmResult<i32> {
        returned(self.create_directory(memory, fd, (path, length)))
    }

    /// What is known of a file.
    pub fn path_filestat_get(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        path: i32,
        length: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.path_filestat(memory, fd, flags, (path, length), result))
    }

    /// Sets timestamps of a file.
    pub fn path_filestat_set_times(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        path: i32,
        length: i32,
        accessed: i64,
        modified: i64,
        which: i32,
    ) -> WasmResult<i32> {
        let times = (accessed, modified, which);
        returned(self.path_set_times(memory, fd, flags, (path, length), times))
    }

    /// Gives a file another name.
    pub fn path_link(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        path: i32,
        length: i32,
        to_fd: i32,
        to_path: i32,
        to_length: i32,
    ) -> WasmResult<i32> {
        returned(self.link(memory, (fd, path, length), flags, (to_fd, to_path, to_length)))
    }

    /// Opens a file or a directory.
    pub fn path_open(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        path: i32,
        length: i32,
        how: i32,
        base: i64,
        inheriting: i64,
        fd_flags: i32,
        result: i32,
    ) -> WasmResult<i32> {
        let rights = (base as u64, inheriting as u64);
        returned(self.open(memory, fd, (path, length), (flags, how, fd_flags), rights, result))
    }

    /// What a symbolic link says.
    pub fn path_readlink(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        path: i32,
        length: i32,
        buffer: i32,
        size: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.readlink(memory, fd, (path, length), (buffer, size), result))
    }

    /// Removes an empty directory.
    pub fn path_remove_directory(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        path: i32,
        length: i32,
    ) -> WasmResult<i32> {
        returned(self.remove_directory(memory, fd, (path, length)))
    }

    /// Moves a file or a directory.
    pub fn path_rename(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        path: i32,
        length: i32,
        to_fd: i32,
        to_path: i32,
        to_length: i32,
    ) -> WasmResult<i32> {
        returned(self.rename(memory, (fd, path, length), (to_fd, to_path, to_length)))
    }

    /// Makes a symbolic link.
    pub fn path_symlink(
        &mut self,
        memory: &mut [u8],
        target: i32,
        target_length: i32,
        fd: i32,
        path: i32,
        length: i32,
    ) -> WasmResult<i32> {
        returned(self.symlink(memory, (target, target_length), fd, (path, length)))
    }

    /// Removes a file.
    pub fn path_unlink_file(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        path: i32,
        length: i32,
    ) -> WasmResult<i32> {
        returned(self.unlink_file(memory, fd, (path, length)))
    }

    /// Waits for time to pass, or for descriptors.
    pub fn poll_oneoff(
        &mut self,
        memory: &mut [u8],
        subscriptions: i32,
        events: i32,
        count: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.poll(memory, subscriptions, events, count, result))
    }

    /// Ends the call of the guest.
    ///
    /// # Errors
    ///
    /// Always: a trap of the kind [`TrapKind::Host`]. [`Wasi::exit_code`] then has the code.
    pub fn proc_exit(&mut self, memory: &mut [u8], code: i32) -> WasmResult<()> {
        let _ = memory;
        self.exit.set(code as u32);
        Err(WasmTrap::new(TrapKind::Host))
    }

    /// Sends the guest a signal, which does what it does to a program that has no handlers.
    ///
    /// # Errors
    ///
    /// A trap of the kind [`TrapKind::Host`] if it ends the program: the exit code is then 128 and the number
    /// that POSIX has for the signal, as a shell would say.
    pub fn proc_raise(&mut self, memory: &mut [u8], signal: i32) -> WasmResult<i32> {
        let _ = memory;
        match process::effect(signal) {
            Ok(None) => returned(Ok(())),
            Ok(Some(code)) => {
                self.exit.set(code);
                Err(WasmTrap::new(TrapKind::Host))
            }
            Err(error) => returned(Err(error)),
        }
    }

    /// Lets other threads go first.
    pub fn sched_yield(&mut self, memory: &mut [u8]) -> WasmResult<i32> {
        let _ = memory;
        std::thread::yield_now();
        returned(Ok(()))
    }

    /// Fills a buffer with random bytes.
    pub fn random_get(&mut self, memory: &mut [u8], buffer: i32, length: i32) -> WasmResult<i32> {
        returned(self.random_bytes(memory, buffer, length))
    }

    /// Accepts a connection.
    pub fn sock_accept(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.accept(memory, fd, flags, result))
    }

    /// Receives from a connection.
    pub fn sock_recv(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffers: i32,
        count: i32,
        flags: i32,
        result: i32,
        result_flags: i32,
    ) -> WasmResult<i32> {
        returned(self.recv(memory, fd, (buffers, count), flags, (result, result_flags)))
    }

    /// Sends on a connection.
    pub fn sock_send(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        buffers: i32,
        count: i32,
        flags: i32,
        result: i32,
    ) -> WasmResult<i32> {
        returned(self.send(memory, fd, (buffers, count), flags, result))
    }

    /// Ends a connection in one direction or both.
    pub fn sock_shutdown(&mut self, memory: &mut [u8], fd: i32, how: i32) -> WasmResult<i32> {
        let _ = memory;
        returned(self.shutdown(fd, how))
    }
}
