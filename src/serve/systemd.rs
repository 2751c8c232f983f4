//! What a service manager gives and wants to know: sockets that it opened, and whether the server is ready.

use std::io;
use std::net::TcpListener;

/// The first socket that the service manager opened for this process, if there is one.
///
/// # Errors
/// The variables of the environment are not what systemd sets.
#[cfg(unix)]
pub(super) fn socket() -> io::Result<Option<TcpListener>> {
    let sockets = sd_listen_fds::get().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(sockets.into_iter().next().map(|(_, socket)| TcpListener::from(socket.into_std())))
}

/// No service manager opens sockets here.
#[cfg(not(unix))]
pub(super) fn socket() -> io::Result<Option<TcpListener>> {
    Ok(None)
}

/// Tells the service manager, where there is one that wants to know.
#[cfg(unix)]
pub(super) fn notify(socket: Option<&str>, state: &str) -> io::Result<()> {
    use std::os::unix::net::UnixDatagram;
    let Some(path) = socket else { return Ok(()) };
    let sender = UnixDatagram::unbound()?;
    match path.strip_prefix('@') {
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            sender.send_to_addr(state.as_bytes(), &address)?;
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => return Err(io::ErrorKind::Unsupported.into()),
        None => {
            sender.send_to(state.as_bytes(), path)?;
        }
    }
    Ok(())
}

/// No service manager listens here.
#[cfg(not(unix))]
pub(super) fn notify(_: Option<&str>, _: &str) -> io::Result<()> {
    Ok(())
}
