//! A DNS server on loopback with a few records.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX, PTR, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;

/// What it knows. Names are in lower case, without a final dot.
#[derive(Clone, Default)]
pub(crate) struct Zone {
    records: BTreeMap<String, Vec<RData>>,
    broken: BTreeSet<String>,
    silent: BTreeSet<String>,
}

impl Zone {
    /// Adds `NAME TYPE VALUE`. `NAME SERVFAIL` is a name whose servers fail, `NAME SILENT` one of which no answer ever comes.
    pub(crate) fn add(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ');
        let (name, kind, value) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
        let host = |name: &str| Name::from_ascii(format!("{name}.")).unwrap();
        let data = match kind {
            "SERVFAIL" => {
                self.broken.insert(name.to_owned());
                return;
            }
            "SILENT" => {
                self.silent.insert(name.to_owned());
                return;
            }
            "TXT" => {
                let parts = value.as_bytes().chunks(255).map(|part| String::from_utf8(part.to_vec()).unwrap());
                RData::TXT(TXT::new(parts.collect()))
            }
            "A" => RData::A(A(value.parse().unwrap())),
            "PTR" => RData::PTR(PTR(host(value))),
            "MX" => {
                let (preference, exchange) = value.split_once(' ').unwrap();
                RData::MX(MX::new(preference.parse().unwrap(), host(exchange)))
            }
            other => panic!("a zone has no {other}"),
        };
        self.records.entry(name.to_owned()).or_default().push(data);
    }

    fn answer(&self, query: &Message) -> Option<Message> {
        let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
        answer.metadata.recursion_available = true;
        let asked = query.queries[0].clone();
        let name = asked.name().to_ascii().to_lowercase();
        let name = name.trim_end_matches('.');
        if self.silent.contains(name) {
            return None;
        }
        match self.records.get(name) {
            _ if self.broken.contains(name) => answer.metadata.response_code = ResponseCode::ServFail,
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(records) => {
                let fitting = records.iter().filter(|data| data.record_type() == asked.query_type());
                let fitting = fitting.map(|data| Record::from_rdata(asked.name().clone(), 60, data.clone()));
                answer.answers.extend(fitting);
            }
        }
        answer.queries.push(asked);
        Some(answer)
    }
}

/// Serves a zone until the test ends.
pub(crate) async fn serve(zone: Zone) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            if let Some(answer) = zone.answer(&Message::from_vec(&buffer[..length]).unwrap()) {
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        }
    });
    address
}
