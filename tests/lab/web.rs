//! How does a web server behave that keeps a policy?
//!
//! One certificate, one answer to everything, byte for byte, in one of several manners, so that any fault can be scripted.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::Lab;
use super::secure::trusting;

/// Who signs certificates, and is trusted or not.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

/// A certificate signed by an authority, with its key.
pub struct Signed {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// A handle to a web server; it ends with its lab.
pub struct Web {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// How the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// Over TLS, and then the end.
    #[default]
    Whole,
    /// Without TLS, as soon as somebody connects, and then the end.
    Plain,
    /// Nothing is said at all, not even a handshake.
    Mute,
    /// The connection is reset as soon as it is there.
    ResetAtOnce,
    /// Over TLS, and then a reset.
    Reset,
    /// Over TLS, one octet after the other with a pause between them.
    Slow,
    /// Over TLS, and its last octet again and again.
    Endless,
}

#[derive(Default)]
struct State {
    /// Octets of the answer; nothing is never answered.
    answer: Vec<u8>,
    manner: Manner,
    /// Other answers to requests for single paths.
    paths: Vec<(String, Vec<u8>)>,
    requests: Vec<String>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Two authorities of one name would differ in a signature only.
        let tail: String =
            key.public_key_raw().iter().rev().take(8).map(|octet| format!("{octet:02x}")).collect();
        parameters.distinguished_name.push(DnType::CommonName, format!("authority {tail}"));
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    /// A certificate for this host that is valid today.
    pub fn sign(&self, host: &str) -> Signed {
        self.sign_until(host, 4000)
    }

    /// A certificate for this host that is valid until the first day of a year.
    pub fn sign_until(&self, host: &str, year: i32) -> Signed {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![host.to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(year, 1, 1);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Signed { certificate: certificate.der().clone(), key: key.serialize_der() }
    }

    /// What a client must be given to trust this authority and no other.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        trusting(&self.certificate)
    }
}

impl Signed {
    fn server_config(&self) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        Arc::new(builder.with_single_cert(vec![self.certificate.clone()], key).unwrap())
    }
}

impl Lab {
    /// A web server at this address, on a port of its own, that never answers until it is told what.
    pub fn web(&self, ip: &str, signed: &Signed) -> Web {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        self.handle.spawn(serve(listener, signed.server_config(), Arc::clone(&state)));
        Web { address, state }
    }
}

impl Web {
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers with this text as a policy should be.
    pub fn policy(&self, body: &str) -> &Self {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}");
        self.octets(&format!("{head}\r\n\r\n{body}"))
    }

    /// Answers with exactly this, and closes.
    pub fn octets(&self, text: &str) -> &Self {
        self.answer(text.as_bytes(), Manner::Whole)
    }

    /// Answers with exactly this, in this manner.
    pub fn answer(&self, octets: &[u8], manner: Manner) -> &Self {
        let mut state = self.state.lock().unwrap();
        state.answer = octets.to_vec();
        state.manner = manner;
        drop(state);
        self
    }

    /// Answers with exactly this where this path is asked for.
    pub fn octets_at(&self, path: &str, text: &str) -> &Self {
        let mut state = self.state.lock().unwrap();
        state.paths.retain(|(known, _)| known != path);
        state.paths.push((path.to_owned(), text.as_bytes().to_vec()));
        drop(state);
        self
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

async fn serve(listener: TcpListener, config: Arc<ServerConfig>, state: Arc<Mutex<State>>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let acceptor = TlsAcceptor::from(config);
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            let (manner, plain) = {
                let state = state.lock().unwrap();
                (state.manner, state.answer.clone())
            };
            let mut stream = stream;
            match manner {
                Manner::Mute => return std::future::pending().await,
                Manner::Plain => {
                    let _ = stream.write_all(&plain).await;
                    let _ = stream.shutdown().await;
                    return;
                }
                Manner::ResetAtOnce => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
                Manner::Reset => stream.set_zero_linger().unwrap(),
                Manner::Whole | Manner::Slow | Manner::Endless => {}
            }
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(octet) = stream.read_u8().await else { return };
                head.push(octet);
            }
            let answer = {
                let mut state = state.lock().unwrap();
                let head = String::from_utf8_lossy(&head).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                let of_path = state.paths.iter().find(|(known, _)| known == path);
                let answer = of_path.map_or(&state.answer, |(_, answer)| answer).clone();
                state.requests.push(head);
                answer
            };
            if answer.is_empty() {
                return std::future::pending().await;
            }
            let ended = say(&mut stream, &answer, manner).await;
            if ended.is_ok() {
                let _ = stream.shutdown().await;
            }
        });
    }
}

/// The answer, in its manner; an error where nothing is to be said behind it.
async fn say(stream: &mut (impl AsyncWrite + Unpin), answer: &[u8], manner: Manner) -> std::io::Result<()> {
    match manner {
        Manner::Whole | Manner::Plain | Manner::Mute | Manner::ResetAtOnce => stream.write_all(answer).await,
        Manner::Reset => {
            stream.write_all(answer).await?;
            stream.flush().await?;
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
        Manner::Slow => {
            for octet in answer {
                stream.write_all(&[*octet]).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            Ok(())
        }
        Manner::Endless => {
            stream.write_all(answer).await?;
            let more = vec![answer.last().copied().unwrap_or_default(); 16 * 1024];
            loop {
                stream.write_all(&more).await?;
            }
        }
    }
}
