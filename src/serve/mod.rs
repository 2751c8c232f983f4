//! Serves the same check as web pages, an API and Prometheus metrics.
//!
//! The server uses [`run`](crate::run), as the commands do, and neither looks up nor checks anything itself. It reads
//! neither arguments nor the environment, but gets plain values ([`ServeOptions`]).
//!
//! | part | does |
//! | --- | --- |
//! | `listener`, `connection` | accepts connections within bounds, and speaks HTTP/1 on them (hyper) |
//! | `access`, `token` | refuse requests for other hosts, from other sites and without the token |
//! | `router` | maps a path to one of the next four |
//! | `pages`, `api`, `metrics`, `events` | write pages, JSON and plans, metrics, server-sent events |
//! | `app` | holds the state of the domains, and the checks in progress |
//! | `watcher` | checks domains when a result can have changed, and detects edits of the settings |
//! | `database` | keeps the state in SQLite |
//!
//! Checks run on their own thread, so no page waits while a domain is checked. The routes are few and fixed, so hyper
//! is used without a web framework, and all limits of headers, times and sizes are set here.

mod access;
mod api;
mod app;
mod body;
mod checks;
mod clock;
mod connection;
mod counters;
mod database;
mod events;
mod known;
mod listener;
mod metrics;
mod notices;
mod options;
mod pages;
mod plan;
mod plan_cache;
mod rendering;
mod respond;
mod router;
mod systemd;
mod token;
mod verdict_chart;
mod watcher;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::run::{Clock, RunError, RunOptions};

use app::App;
use checks::Checks;
use clock::ServerClock;
use counters::Counters;
use database::{Database, Loaded};
use listener::Connections;

pub use database::{DatabaseError, default_database};
pub use options::{BasePath, HostName, ServeOptionError, ServeOptions, listen_address};
pub use token::{AccessToken, AccessTokenError};

/// The time limit for responses and checks in progress at shutdown.
const LAST: Duration = Duration::from_millis(3500);
/// The interval at which the server tests if they have ended.
const STEP: Duration = Duration::from_millis(20);

/// The reason why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The server cannot listen on the address.
    #[error("--listen {address}: {}", crate::run::system_words(.source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error.
        source: io::Error,
    },
    /// The state cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Options or files cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// No thread or runtime can be started for the checks.
    #[error("no thread for the checks: {0}")]
    Thread(io::Error),
}

/// The reason why new options are not used; the previous ones stay in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The options cannot be read: the message of the command that the server was started with.
    #[error("{0}")]
    Options(String),
    /// Options or files cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A part of the program failed.
    #[error(transparent)]
    Stopped(#[from] tokio::task::JoinError),
}

/// Reads the options of the run again.
pub type Reload = Arc<dyn Fn() -> Result<RunOptions, ReloadError> + Send + Sync>;

/// Serves until the clock says that the user wants to stop. `say` receives notes for standard error.
///
/// # Errors
/// [`ServeError`] if the server cannot start.
pub async fn serve(
    options: ServeOptions,
    run: RunOptions,
    reload: Reload,
    say: &mut dyn FnMut(&str),
    clock: Arc<dyn Clock>,
) -> Result<(), ServeError> {
    let mut stopped = clock.stopped();
    let clock = ServerClock::new(Arc::clone(&clock));
    let listener = listen(&options)?;
    let failed = |source| ServeError::Listen { address: options.listen, source };
    let address = listener.local_addr().map_err(failed)?;
    let (database, Loaded { known, history, notes: loaded }) = match &options.database {
        Some(path) => Database::open(path)?,
        None => (None, Loaded::default()),
    };
    let checks = Checks::start(clock.clone()).map_err(ServeError::Thread)?;
    let (notes, mut heard) = mpsc::unbounded_channel();
    loaded.iter().for_each(|note| say(note));
    let checker = tokio::select! {
        biased;
        () = &mut stopped => return Ok(()),
        opened = checks.open(run, history) => opened?,
    };
    checker.notes().iter().for_each(|note| say(note));
    let options = ServeOptions { listen: address, ..options };
    let (sources, notify_socket) = (options.sources.clone(), options.notify_socket.clone());
    let (base, has_token) = (options.base.to_string(), options.token.is_some());
    let app = App::new(options, Arc::new(checker), checks.clone(), notes, clock, (database, known));
    let app = Arc::new(app);

    let (end, ending) = watch::channel(false);
    let connections = Connections::new(ending);
    let changed = Arc::new(Notify::new());
    let tasks = [
        tokio::spawn(listener::accept(listener, Arc::clone(&app), connections.clone())),
        tokio::spawn(watcher::watch(Arc::clone(&app))),
        tokio::spawn(watcher::watch_files(sources, Arc::clone(&changed))),
        tokio::spawn(hang_up(Arc::clone(&changed))),
        tokio::spawn(reload_settings(Arc::clone(&app), reload, changed)),
        tokio::spawn(save_history(Arc::clone(&app))),
    ];
    say(&format!("listening on http://{address}{base}/"));
    if !address.ip().is_loopback() && !has_token {
        say(
            "anyone who can reach this address can read the results; set CUTOVER_SERVE_TOKEN to require a token",
        );
    }
    if let Err(error) = systemd::notify(notify_socket.as_deref(), "READY=1") {
        say(&format!("sd_notify failed: {error}"));
    }
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            note = heard.recv() => if let Some(note) = note { say(&note) },
        }
    }
    let deadline = Instant::now() + LAST;
    // The service manager may be gone.
    let _ = systemd::notify(notify_socket.as_deref(), "STOPPING=1");
    tasks.iter().for_each(JoinHandle::abort);
    let _ = end.send(true);
    app.events.close();
    let is_over = async {
        while connections.count() > 0 || app.checks_underway() > 0 {
            sleep(STEP).await;
        }
    };
    let _ = timeout_at(deadline, is_over).await;
    let undelivered = app.notices.finish(deadline.saturating_duration_since(Instant::now())).await;
    undelivered.iter().for_each(|note| say(note));
    save_history_now(&app);
    if let Some(database) = app.take_database() {
        database.close();
    }
    while let Ok(note) = heard.try_recv() {
        say(&note);
    }
    Ok(())
}

/// Returns the socket of the service manager, or opens one.
fn listen(options: &ServeOptions) -> Result<tokio::net::TcpListener, ServeError> {
    let failed = |source| ServeError::Listen { address: options.listen, source };
    let listener = match systemd::socket().map_err(failed)? {
        Some(listener) => listener,
        None => std::net::TcpListener::bind(options.listen).map_err(failed)?,
    };
    listener.set_nonblocking(true).map_err(failed)?;
    tokio::net::TcpListener::from_std(listener).map_err(failed)
}

/// Reads the settings again whenever they have changed.
async fn reload_settings(app: Arc<App>, reload: Reload, changed: Arc<Notify>) {
    loop {
        changed.notified().await;
        if let Err(error) = reload_once(&app, &reload).await {
            Counters::add(&app.counters.reloads_failed);
            app.note(format!("new settings ignored, the previous ones stay in force: {error}"));
        }
    }
}

async fn reload_once(app: &Arc<App>, reload: &Reload) -> Result<(), ReloadError> {
    let reload = Arc::clone(reload);
    // Reading files would block the runtime.
    let options = tokio::task::spawn_blocking(move || reload()).await??;
    let history = app.checker().history();
    let checker = app.checks.open(options, history).await?;
    checker.notes().iter().for_each(|note| app.note(note.as_str()));
    app.replace_checker(Arc::new(checker));
    app.note("settings read again");
    Ok(())
}

/// Notifies on SIGHUP.
#[cfg(unix)]
async fn hang_up(changed: Arc<Notify>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut signals) = signal(SignalKind::hangup()) else { return };
    while signals.recv().await.is_some() {
        changed.notify_one();
    }
}

/// Does nothing, since this system has no SIGHUP.
#[cfg(not(unix))]
async fn hang_up(_: Arc<Notify>) {}

/// Saves the observed records to the history file, if one was named, every minute.
async fn save_history(app: Arc<App>) {
    const EVERY: Duration = Duration::from_secs(60);
    loop {
        sleep(EVERY).await;
        let app = Arc::clone(&app);
        // Saving may wait for the disk, and for other runs.
        let _ = tokio::task::spawn_blocking(move || save_history_now(&app)).await;
    }
}

fn save_history_now(app: &App) {
    let checker = app.checker();
    if checker.options().history.is_some()
        && let Err(error) = checker.save_history(&mut |note| app.note(note))
    {
        app.note(error.to_string());
    }
}
