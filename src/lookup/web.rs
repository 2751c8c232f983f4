//! Requests one resource from a web server.
//!
//! One request over a new connection, and a response of bounded size. HTTP is left to hyper, since framing of hostile
//! responses should not be written anew; pools, proxies, redirects and name lookups, which a full client adds, must not
//! happen here.

use std::error::Error as _;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::client::verify_server_name;
use rustls::pki_types::ServerName;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::transport::{certificate_words, harmless, io_words, is_local_limit, local_limit_words};

/// The size limit of a response header, in octets.
const LARGEST_HEAD: usize = 32 * 1024;

/// The highest number of names of a certificate that are kept.
const MOST_CERTIFICATE_NAMES: usize = 8;

/// The `User-Agent` of this program.
pub(super) const AGENT: &str = concat!("cutover/", env!("CARGO_PKG_VERSION"));

/// The reason why there is no answer, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The certificate is not accepted; with the names that it is valid for, if that is the cause.
    Certificate(String, Vec<String>),
    /// There is no connection, or it was lost.
    Connection(String),
    /// The time limit was exceeded.
    Late(String),
    /// The response is not HTTP.
    NoHttp(String),
    /// The response exceeds this many octets.
    TooLarge(usize),
}

impl Fault {
    fn io(error: &std::io::Error, host: &str) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(error @ rustls::Error::InvalidCertificate(_)) => {
                Self::Certificate(certificate_words(error, host), presented_names(error))
            }
            Some(error) => Self::Connection(certificate_words(error, host)),
            None if is_local_limit(error) => Self::Connection(local_limit_words(error)),
            None if error.kind() == std::io::ErrorKind::TimedOut => Self::Late(String::new()),
            None => Self::Connection(harmless(&io_words(error))),
        }
    }

    fn http(error: &hyper::Error, host: &str) -> Self {
        use std::io::ErrorKind::{InvalidData, InvalidInput};
        let io = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        match io {
            // Errors of TLS arrive as invalid data too; those of hyper have no inner cause.
            Some(io) if io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Self::io(io, host),
            Some(io) if !matches!(io.kind(), InvalidData | InvalidInput) => Self::io(io, host),
            None if error.is_incomplete_message() => {
                Self::Connection("the server closed the connection".into())
            }
            Some(_) | None => Self::NoHttp(harmless(&format!("the response is not HTTP: {error}"))),
        }
    }

    /// Returns the fault of a response that did not come within this time.
    pub(super) fn late(patience: Duration) -> Self {
        Self::Late(format!("no answer within {} s", patience.as_secs_f64()))
    }
}

/// Connects to this address within the time limit.
pub(super) async fn connect(address: SocketAddr, patience: Duration) -> Result<TcpStream, Fault> {
    match timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Fault::io(&error, "")),
        Err(_) => Err(Fault::late(patience)),
    }
}

/// Starts TLS on a connection, with a server that proves to be `host`: a name, or an address without brackets.
pub(super) async fn secured(
    stream: TcpStream,
    host: &str,
    config: &ClientConfig,
) -> Result<TlsStream<TcpStream>, Fault> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Fault::Connection(format!("`{host}` is not a name that a certificate can contain")))?;
    let mut config = config.clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| Fault::io(&error, host))
}

/// Returns the names that the server's certificate is valid for.
pub(super) fn certificate_names(stream: &TlsStream<TcpStream>) -> Vec<String> {
    let (_, connection) = stream.get_ref();
    let certificate = connection.peer_certificates().and_then(|chain| chain.first());
    let parsed = certificate.and_then(|certificate| ParsedCertificate::try_from(certificate).ok());
    // No certificate is valid for this name (RFC 6761 §6.4), and the refusal lists the names that it is valid for.
    let (Some(parsed), Ok(other)) = (parsed, ServerName::try_from("names.invalid")) else {
        return Vec::new();
    };
    match verify_server_name(&parsed, &other) {
        Err(refusal) => presented_names(&refusal),
        Ok(()) => Vec::new(),
    }
}

/// Returns the names in the refusal of a certificate that is not valid for the host.
fn presented_names(error: &rustls::Error) -> Vec<String> {
    let rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) = error
    else {
        return Vec::new();
    };
    let name = |shown: &String| Some(harmless(shown.strip_prefix("DnsName(\"")?.strip_suffix("\")")?));
    presented.iter().filter_map(name).take(MOST_CERTIFICATE_NAMES).collect()
}

/// Sends one request, and returns the result of `read` on the response.
pub(super) async fn exchange<T, E: From<Fault>>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    request: Request<String>,
    read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, E>,
) -> Result<T, E> {
    let failed = |error: hyper::Error| Fault::http(&error, host);
    let builder = http1::Builder::new().max_buf_size(LARGEST_HEAD).to_owned();
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        read(response).await
    };
    let (mut exchange, mut connection) = (pin!(exchange), pin!(connection));
    tokio::select! {
        result = &mut exchange => result,
        // The exchange reports why the connection ended, and may have to read on.
        _ = &mut connection => exchange.await,
    }
}

/// Returns the octets of a body, if there are at most `largest`.
pub(super) async fn body(mut body: Incoming, host: &str, largest: usize) -> Result<Vec<u8>, Fault> {
    let mut octets = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|error| Fault::http(&error, host))?.into_data() else { continue };
        if octets.len() + data.len() > largest {
            return Err(Fault::TooLarge(largest));
        }
        octets.extend_from_slice(&data);
    }
    Ok(octets)
}
