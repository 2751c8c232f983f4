//! How does a service behave that answers over plain HTTP on this machine?
//!
//! Scripted answers to paths, byte for byte, and a memory of what was asked.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Lab;

/// A handle to a service; it ends with its lab.
pub struct Service {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Answers to a path, the last for ever; one that is empty never comes.
    answers: BTreeMap<String, Vec<Vec<u8>>>,
    requests: Vec<String>,
}

impl Lab {
    /// A service on a port of its own, that knows nothing until it is told.
    pub fn service(&self) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        self.handle.spawn(serve(listener, Arc::clone(&state)));
        Service { address, state }
    }
}

impl Service {
    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers a path with exactly this, after the answers that it was told before.
    pub fn octets(&self, path: &str, answer: &[u8]) -> &Self {
        self.state.lock().unwrap().answers.entry(path.into()).or_default().push(answer.to_vec());
        self
    }

    /// Answers a path with a status line, further lines of the head, and a body.
    pub fn status(&self, path: &str, status: &str, head: &str, body: &str) -> &Self {
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{head}\r\n{body}");
        self.octets(path, answer.as_bytes())
    }

    /// Answers a path with JSON.
    pub fn json(&self, path: &str, body: &Value) -> &Self {
        self.status(path, "200 OK", "content-type: application/json\r\n", &body.to_string())
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The paths of all requests so far, sorted.
    pub fn paths(&self) -> Vec<String> {
        let requests = self.requests();
        let path = |head: &String| head.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut paths: Vec<String> = requests.iter().map(path).collect();
        paths.sort();
        paths
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // Octet by octet from the system takes longer than a client waits, on Windows.
            let mut stream = tokio::io::BufReader::new(stream);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(octet) = stream.read_u8().await else { return };
                head.push(octet);
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let answer = {
                let mut state = state.lock().unwrap();
                state.requests.push(head);
                let answers = state.answers.entry(path).or_default();
                match answers.len() {
                    0 => NOT_FOUND.as_bytes().to_vec(),
                    1 => answers[0].clone(),
                    _ => answers.remove(0),
                }
            };
            if answer.is_empty() {
                return std::future::pending().await;
            }
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        });
    }
}

/// As Microsoft Graph says it.
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
    {\"error\": {\"code\": \"Request_ResourceNotFound\", \"message\": \"Resource does not exist.\"}}";
