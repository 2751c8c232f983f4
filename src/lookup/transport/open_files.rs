//! Returns how many sockets a process may open.
//!
//! A process has a limit of open files, often 256 or 1,024 and sometimes 64. Running into it would look like servers
//! that cannot be reached, so the number of sockets follows the limit and leaves most of it to everything else.

/// Sockets connected to one server, where the limit allows them.
const SOCKETS: usize = 128;
/// TCP connections, where the limit allows them.
const STREAMS: usize = 32;

/// Sockets that a transport opens at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// UDP sockets connected to one server; those that servers share come on top.
    pub(super) sockets: usize,
    /// TCP connections.
    pub(super) streams: usize,
}

impl Limits {
    /// What the limit of open files of this process allows.
    pub(super) fn of_this_process() -> Self {
        Self::within(open_files())
    }

    /// What a limit of open files allows; `None` where there is no limit.
    fn within(open_files: Option<u64>) -> Self {
        let part = |divisor: u64| {
            open_files.map_or(usize::MAX, |files| usize::try_from(files / divisor).unwrap_or(usize::MAX))
        };
        Self { sockets: part(4).min(SOCKETS), streams: part(8).clamp(1, STREAMS) }
    }
}

#[cfg(unix)]
fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Sockets of Windows are not files and have no limit that is reached first.
#[cfg(not(unix))]
fn open_files() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_follow_the_limit_of_open_files() {
        for (files, sockets, streams) in [
            (None, 128, 32),
            (Some(1 << 20), 128, 32),
            (Some(1024), 128, 32),
            (Some(256), 64, 32),
            (Some(64), 16, 8),
            (Some(10), 2, 1),
            (Some(0), 0, 1),
        ] {
            assert_eq!(Limits::within(files), Limits { sockets, streams }, "{files:?}");
        }
        assert!(Limits::of_this_process().streams > 0);
    }
}
