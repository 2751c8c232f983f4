//! Takes sockets from the service manager, and notifies it of the server's state.

use std::io;
use std::net::TcpListener;

/// Returns the first socket that the service manager opened for this process, if there is one.
///
/// # Errors
/// The environment variables of systemd are not valid.
#[cfg(unix)]
pub(super) fn socket() -> io::Result<Option<TcpListener>> {
    let sockets = sd_listen_fds::get().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(sockets.into_iter().next().map(|(_, socket)| TcpListener::from(socket.into_std())))
}

/// Returns none, since no service manager opens sockets on this system.
#[cfg(not(unix))]
pub(super) fn socket() -> io::Result<Option<TcpListener>> {
    Ok(None)
}

/// Sends a state to the service manager, if it gave a socket for that.
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

/// Does nothing, since no service manager listens on this system.
#[cfg(not(unix))]
pub(super) fn notify(_: Option<&str>, _: &str) -> io::Result<()> {
    Ok(())
}
