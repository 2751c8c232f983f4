//! Does any datagram end in a reply?

use std::cell::RefCell;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutover::facts::{Outcome, Recording, Reply, Role, Server};
use cutover::lookup::transport::{Endpoint, Scope, Transport};
use cutover::record::{Question, RecordType};

use crate::domain;

/// Octets of a header.
const HEADER: usize = 12;

thread_local! {
    static LAB: RefCell<Option<Lab>> = const { RefCell::new(None) };
}

/// A name server that says what it is told to, and who asks it.
struct Lab {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    said: Arc<Mutex<Vec<u8>>>,
}

/// A datagram: the first octet says who is asked for which type, the rest is the message. Its id, and the question where it
/// has one, are those of the query, so that it is not thrown away at once.
pub fn message(data: &[u8]) {
    let Some((choice, message)) = data.split_first().filter(|(_, message)| message.len() >= HEADER) else {
        return;
    };
    let types = [RecordType::Mx, RecordType::Txt, RecordType::Cname, RecordType::A, RecordType::Soa];
    let question = Question::new(domain(), types[usize::from(*choice) % types.len()]);
    let role = if *choice < 128 { Role::Authoritative } else { Role::Resolver };
    let reply = LAB.with_borrow_mut(|lab| lab.get_or_insert_with(Lab::start).ask(&question, role, message));
    assert!(!matches!(reply.outcome, Outcome::NotRecorded), "{reply:?}");
    assert_eq!(reply.question, question);
    assert!(reply.records.len() <= 600 && reply.ede.len() <= 8, "{reply:?}");
    // What came from the network goes into a recording and back.
    let at = reply.at;
    let mut facts = cutover::facts::Facts::new(at, cutover::facts::UnqueriedNames::Asked);
    facts.insert(reply.clone());
    let written = Recording::new(vec![domain()], facts).to_string();
    let again = Recording::parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.facts.all().next(), Some(&reply), "{written}");
}

impl Lab {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("it is bound");
        let said = Arc::new(Mutex::new(Vec::new()));
        let next = Arc::clone(&said);
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                let message = next.lock().expect("nobody fails while holding it").clone();
                let _ = socket.send_to(&answer(&query[..length], message), from);
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { runtime: runtime.expect("a runtime"), address, said }
    }

    fn ask(&mut self, question: &Question, role: Role, message: &[u8]) -> Reply {
        *self.said.lock().expect("nobody fails while holding it") = message.to_vec();
        let endpoint = Endpoint::Plain(self.address);
        let server = Arc::new(Server { role, address: endpoint.to_string() });
        // One transport a message: what one server got wrong must not silence the next.
        let transport = Transport::new(Duration::from_millis(20));
        let zone = domain();
        let scope = Scope { domain: &zone, zone: Some(&zone) };
        self.runtime.block_on(async { transport.ask(&endpoint, &server, question, scope).await })
    }
}

/// The message with the id and the question of the query.
fn answer(query: &[u8], mut message: Vec<u8>) -> Vec<u8> {
    message[..2].copy_from_slice(&query[..2]);
    // A response, and no truncated one: nobody listens for streams here.
    message[2] = (message[2] | 0x80) & !0x02;
    if message[4..6] == [0, 1] {
        let end =
            query[HEADER..].iter().position(|octet| *octet == 0).map_or(query.len(), |at| HEADER + at + 5);
        message.splice(HEADER..HEADER, query[HEADER..end.min(query.len())].iter().copied());
    }
    message
}
