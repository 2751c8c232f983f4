//! How do the servers of a lab speak TLS and HTTPS?

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::message::{Sent, reply};
use super::{State, Via, World};

/// A certificate that vouches for itself, with its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// What a client must be given to trust this certificate and no other.
pub fn trusting(certificate: &CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

impl Identity {
    /// For these names or addresses.
    pub fn of(hosts: &[&str]) -> Self {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(hosts).unwrap();
        // An issuer of the same name with another key would be a bad signature instead of an unknown issuer.
        let tail: String =
            key.public_key_raw().iter().rev().take(8).map(|octet| format!("{octet:02x}")).collect();
        parameters.distinguished_name.push(DnType::CommonName, format!("lab {tail}"));
        let certificate = parameters.self_signed(&key).unwrap();
        Self { certificate: certificate.der().clone(), key: key.serialize_der() }
    }

    /// What a client must be given to trust this identity and no other.
    pub fn client_config(&self) -> Arc<ClientConfig> {
        trusting(&self.certificate)
    }

    /// The certificate in PEM form, for `SSL_CERT_FILE`.
    pub fn pem(&self) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut base64 = String::new();
        for group in self.certificate.chunks(3) {
            let bits = group
                .iter()
                .enumerate()
                .fold(0u32, |bits, (at, octet)| bits | u32::from(*octet) << (16 - 8 * at));
            for at in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
                base64.push(if at > group.len() { '=' } else { digit as char });
            }
        }
        let lines: Vec<&str> =
            (0..base64.len()).step_by(64).map(|at| &base64[at..base64.len().min(at + 64)]).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    pub(super) fn server_config(&self, via: Via) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config = builder.with_single_cert(vec![self.certificate.clone()], key).unwrap();
        if via == Via::Https {
            config.alpn_protocols = vec![b"h2".to_vec()];
        }
        Arc::new(config)
    }
}

pub(super) async fn run(
    listener: std::net::TcpListener,
    config: Arc<ServerConfig>,
    via: Via,
    state: Arc<Mutex<State>>,
    world: World,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let acceptor = TlsAcceptor::from(config);
    loop {
        let Ok((stream, from)) = listener.accept().await else { continue };
        state.lock().unwrap().connections += 1;
        let (acceptor, state, world) = (acceptor.clone(), Arc::clone(&state), Arc::clone(&world));
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            match via {
                Via::Https => requests(stream, from, state, world).await,
                Via::Udp | Via::Tcp | Via::Tls => super::run::frames(stream, from, via, state, world).await,
            }
        });
    }
}

/// Serves HTTP/2 requests (RFC 8484) until either side ends.
async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    from: SocketAddr,
    state: Arc<Mutex<State>>,
    world: World,
) {
    let handshake = h2::server::Builder::new().handshake::<_, Cursor<Vec<u8>>>(stream);
    let Ok(mut connection) = handshake.await else { return };
    let (closer, mut closed) = tokio::sync::mpsc::unbounded_channel::<()>();
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            _ = closed.recv() => return,
        };
        let Some(Ok((request, mut respond))) = accepted else { return };
        let (state, world, closer) = (Arc::clone(&state), Arc::clone(&world), closer.clone());
        tokio::spawn(async move {
            let path = request.uri().path().to_owned();
            let mut body = request.into_body();
            let mut packet = Vec::new();
            while let Some(Ok(data)) = body.data().await {
                let _ = body.flow_control().release_capacity(data.len());
                packet.extend_from_slice(&data);
            }
            let mut answer = |status: u16, octets: Vec<u8>| {
                let response = http::Response::builder().status(status);
                let response = response.header("content-type", "application/dns-message").body(()).unwrap();
                if let Ok(mut stream) = respond.send_response(response, false) {
                    let _ = stream.send_data(Cursor::new(octets), true);
                }
            };
            if path != "/dns-query" {
                return answer(404, b"nothing here".to_vec());
            }
            let sent = reply(&packet, from, Via::Https, &state, &world);
            let silent = sent.is_empty();
            for one in sent {
                match one {
                    Sent::Octets(delay, octets) => {
                        tokio::time::sleep(delay).await;
                        answer(200, octets);
                    }
                    Sent::Status(delay, status) => {
                        tokio::time::sleep(delay).await;
                        answer(status, b"sorry\x1b[31m".to_vec());
                    }
                    Sent::Close(_) | Sent::OtherPort(..) | Sent::Stalled(..) | Sent::Reset(..) => {
                        let _ = closer.send(());
                    }
                }
            }
            if silent {
                // Dropping the responder would reset the stream, which is not silence.
                std::future::pending::<()>().await;
            }
            if state.lock().unwrap().close_after_reply {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                let _ = closer.send(());
            }
        });
    }
}
