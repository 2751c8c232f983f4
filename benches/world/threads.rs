//! What each thread of a process takes, read while it runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The time between two readings.
const PAUSE: Duration = Duration::from_millis(20);

/// A thread, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    pub name: String,
    /// The time for which it ran on a processor.
    pub cpu: Duration,
    /// The number of times at which it waited: for packets, for work, or for a lock.
    pub waits: u64,
}

/// Watches the threads of a process until it is over. Each is bound to one processor, in turns, so that threads that
/// work together do not share one by chance.
pub fn watch(process: u32, is_over: &AtomicBool) -> Vec<Thread> {
    let folder = Path::new("/proc").join(process.to_string()).join("task");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let taskset = super::found("taskset");
    let mut threads: BTreeMap<String, Thread> = BTreeMap::new();
    while !is_over.load(Ordering::Relaxed) {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let id = entry.file_name().to_string_lossy().into_owned();
            let Some(thread) = read(&entry.path()) else { continue };
            if let (false, Some(taskset)) = (threads.contains_key(&id), &taskset) {
                let processor = (threads.len() % processors).to_string();
                let bound = Command::new(taskset).args(["-p", "-c", &processor, &id]).output().unwrap();
                // A thread that has ended in between needs none.
                drop(bound);
            }
            threads.insert(id, thread);
        }
        std::thread::sleep(PAUSE);
    }
    threads.into_values().collect()
}

/// What a thread took so far; `None` if it has ended.
fn read(folder: &Path) -> Option<Thread> {
    let name = std::fs::read_to_string(folder.join("comm")).ok()?.trim().to_owned();
    let schedule = std::fs::read_to_string(folder.join("schedstat")).ok()?;
    let status = std::fs::read_to_string(folder.join("status")).ok()?;
    let waits = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
    Some(Thread {
        name,
        cpu: Duration::from_nanos(schedule.split_whitespace().next()?.parse().ok()?),
        waits: waits.trim().parse().ok()?,
    })
}
