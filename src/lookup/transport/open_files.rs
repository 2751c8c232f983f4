//! Derives the numbers of sockets and event loops that a process may have from its limit of open files.
//!
//! A process has a limit of open files, often 256 or 1,024 and sometimes 64. Reaching it would look like unreachable
//! servers, so these numbers depend on the limit and leave most of it to other uses.

/// The highest number of connected UDP sockets, if the limit of open files allows them.
const SOCKETS: usize = 128;
/// The highest number of TCP connections, if the limit of open files allows them.
const STREAMS: usize = 32;

/// The highest numbers of sockets that a transport opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The number of connected UDP sockets; unconnected ones are additional, one or a few for each event loop.
    pub(super) sockets: usize,
    /// The number of TCP connections.
    pub(super) streams: usize,
}

impl Limits {
    /// Returns the limits that the open files limit of this process allows.
    pub(super) fn of_this_process() -> Self {
        Self::within(open_files())
    }

    /// Returns the limits that an open files limit allows; `None` means that there is no limit.
    fn within(open_files: Option<u64>) -> Self {
        let part = |divisor: u64| {
            open_files.map_or(usize::MAX, |files| usize::try_from(files / divisor).unwrap_or(usize::MAX))
        };
        Self { sockets: part(4).min(SOCKETS), streams: part(8).clamp(1, STREAMS) }
    }
}

/// The number of open files that is enough for one more event loop and the sockets that it does not share.
const FILES_OF_EVENT_LOOP: u64 = 64;

/// Returns the number of event loops that the open files limit of this process allows, at least one.
pub(crate) fn most_event_loops() -> usize {
    event_loops_within(open_files())
}

fn event_loops_within(open_files: Option<u64>) -> usize {
    open_files
        .map_or(usize::MAX, |files| usize::try_from(files / FILES_OF_EVENT_LOOP).unwrap_or(usize::MAX))
        .max(1)
}

#[cfg(unix)]
fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Returns no limit: sockets on Windows are not files, and their limit is not reached first.
#[cfg(not(unix))]
fn open_files() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_loops_follow_the_limit_of_open_files() {
        for (files, event_loops) in
            [(None, usize::MAX), (Some(1024), 16), (Some(256), 4), (Some(64), 1), (Some(0), 1)]
        {
            assert_eq!(event_loops_within(files), event_loops, "{files:?}");
        }
    }

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
