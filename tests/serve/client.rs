//! A client that sends octets and reads answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

pub fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path, &[])
}

/// Sends a request with these headers; `Host` is the address unless it is among them.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask_with(address, method, path, headers, "")
}

pub fn ask_with(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request += &format!("Host: {address}\r\n");
    }
    headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
    if !body.is_empty() {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    send(address, format!("{request}\r\n{body}").as_bytes())
}

/// Sends octets, and reads until the server ends the connection.
pub fn send(address: SocketAddr, octets: &[u8]) -> Answer {
    let mut stream = connect(address);
    // A server that has seen enough may end the connection before all is sent.
    let _ = stream.write_all(octets);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    read(&answer).unwrap_or_else(|| panic!("{:?}", String::from_utf8_lossy(&answer)))
}

fn read(octets: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(octets);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Some(Answer { status, headers, body: body.to_owned() })
}

/// A stream of events.
pub struct EventStream {
    reader: BufReader<TcpStream>,
}

impl EventStream {
    /// Opens one; `Err` with the status where there is none.
    pub fn open(address: SocketAddr, path: &str) -> Result<Self, u16> {
        let mut stream = connect(address);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let (mut status, mut line) = (0, String::new());
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest.split(' ').next().unwrap().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        if status == 200 { Ok(Self { reader }) } else { Err(status) }
    }

    /// The data of the next event of a kind; `None` at the end of the stream.
    pub fn next(&mut self, kind: &str) -> Option<serde_json::Value> {
        let (mut line, mut is_wanted) = (String::new(), false);
        loop {
            line.clear();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(found) = line.strip_prefix("event: ") {
                is_wanted = found.trim() == kind;
            }
            if let Some(data) = line.strip_prefix("data: ").filter(|_| is_wanted) {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }
}
