//! The list of preview 1's functions, which the translator, the documents and the tests go by.

/// What a function is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Arguments and environment.
    Arguments,
    /// Clocks.
    Clock,
    /// Descriptors, files and directories.
    Files,
    /// Waiting for time to pass or for descriptors.
    Waiting,
    /// The end of the program, and signals.
    Exit,
    /// Random bytes.
    Random,
    /// Connections.
    Network,
}

impl Group {
    /// The group in plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Arguments => "arguments and environment",
            Self::Clock => "clock",
            Self::Files => "files",
            Self::Waiting => "waiting",
            Self::Exit => "exit",
            Self::Random => "random",
            Self::Network => "network",
        }
    }
}

/// A function of preview 1.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The types of its parameters, as in WebAssembly's text format: `i32` or `i64`.
    pub params: &'static [&'static str],
    /// The type of its result; empty for none.
    pub result: &'static str,
    /// What it is about.
    pub group: Group,
    /// What is not there of it; empty if nothing is missing.
    pub partial: &'static str,
}

impl Function {
    /// The function of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }
}

macro_rules! functions {
    ($($group:ident $name:ident($($param:ident)*) $(-> $result:ident)? $(, $partial:literal)?;)*) => {
        /// All functions of preview 1, in the order of its specification.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            params: &[$(stringify!($param)),*],
            result: concat!($(stringify!($result))?),
            group: Group::$group,
            partial: concat!($($partial)?),
        }),*];
    };
}

functions! {
    Arguments args_get(i32 i32) -> i32;
    Arguments args_sizes_get(i32 i32) -> i32;
    Arguments environ_get(i32 i32) -> i32;
    Arguments environ_sizes_get(i32 i32) -> i32;
    Clock clock_res_get(i32 i32) -> i32;
    Clock clock_time_get(i32 i64 i32) -> i32;
    Files fd_advise(i32 i64 i64 i32) -> i32;
    Files fd_allocate(i32 i64 i64) -> i32, "`ENOTSUP` where the system has no such call (macOS)";
    Files fd_close(i32) -> i32;
    Files fd_datasync(i32) -> i32;
    Files fd_fdstat_get(i32 i32) -> i32;
    Files fd_fdstat_set_flags(i32 i32) -> i32;
    Files fd_fdstat_set_rights(i32 i64 i64) -> i32;
    Files fd_filestat_get(i32 i32) -> i32;
    Files fd_filestat_set_size(i32 i64) -> i32;
    Files fd_filestat_set_times(i32 i64 i64 i32) -> i32;
    Files fd_pread(i32 i32 i32 i64 i32) -> i32;
    Files fd_prestat_get(i32 i32) -> i32;
    Files fd_prestat_dir_name(i32 i32 i32) -> i32;
    Files fd_pwrite(i32 i32 i32 i64 i32) -> i32;
    Files fd_read(i32 i32 i32 i32) -> i32;
    Files fd_readdir(i32 i32 i32 i64 i32) -> i32;
    Files fd_renumber(i32 i32) -> i32;
    Files fd_seek(i32 i64 i32 i32) -> i32;
    Files fd_sync(i32) -> i32;
    Files fd_tell(i32 i32) -> i32;
    Files fd_write(i32 i32 i32 i32) -> i32;
    Files path_create_directory(i32 i32 i32) -> i32;
    Files path_filestat_get(i32 i32 i32 i32 i32) -> i32;
    Files path_filestat_set_times(i32 i32 i32 i32 i64 i64 i32) -> i32;
    Files path_link(i32 i32 i32 i32 i32 i32 i32) -> i32;
    Files path_open(i32 i32 i32 i32 i32 i64 i64 i32 i32) -> i32;
    Files path_readlink(i32 i32 i32 i32 i32 i32) -> i32;
    Files path_remove_directory(i32 i32 i32) -> i32;
    Files path_rename(i32 i32 i32 i32 i32 i32) -> i32;
    Files path_symlink(i32 i32 i32 i32 i32) -> i32;
    Files path_unlink_file(i32 i32 i32) -> i32;
    Waiting poll_oneoff(i32 i32 i32 i32) -> i32, "at most 4,096 subscriptions, else `EINVAL`";
    Exit proc_exit(i32);
    Exit proc_raise(i32) -> i32, "signals that end a program end the call; those that stop it are `ENOTSUP`";
    Waiting sched_yield() -> i32;
    Random random_get(i32 i32) -> i32;
    Network sock_accept(i32 i32 i32) -> i32, "TCP sockets that the host grants";
    Network sock_recv(i32 i32 i32 i32 i32 i32) -> i32, "TCP sockets that the host grants";
    Network sock_send(i32 i32 i32 i32 i32) -> i32, "TCP sockets that the host grants";
    Network sock_shutdown(i32 i32) -> i32, "TCP sockets that the host grants";
}
