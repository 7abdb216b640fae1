//! A DNS server with a few records.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;

#[derive(Default)]
pub(crate) struct Zone {
    records: BTreeMap<String, Vec<RData>>,
    broken: BTreeSet<String>,
}

impl Zone {
    pub(crate) fn mx(self, name: &str, preference: u16, host: &str) -> Self {
        self.with(
            name,
            RData::MX(MX::new(preference, Name::from_ascii(format!("{}.", host.trim_end_matches('.'))).unwrap())),
        )
    }

    pub(crate) fn a(self, name: &str, [a, b, c, d]: [u8; 4]) -> Self {
        self.with(name, RData::A(A::new(a, b, c, d)))
    }

    /// A name without any record.
    pub(crate) fn exists(mut self, name: &str) -> Self {
        self.records.entry(format!("{name}.")).or_default();
        self
    }

    /// A name whose servers fail.
    pub(crate) fn broken(mut self, name: &str) -> Self {
        self.broken.insert(format!("{name}."));
        self
    }

    fn with(mut self, name: &str, data: RData) -> Self {
        self.records.entry(format!("{name}.")).or_default().push(data);
        self
    }

    fn answer(&self, query: &Message) -> Message {
        let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
        answer.metadata.recursion_available = true;
        let asked = query.queries[0].clone();
        let name = asked.name().to_ascii().to_lowercase();
        match self.records.get(&name) {
            _ if self.broken.contains(&name) => answer.metadata.response_code = ResponseCode::ServFail,
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(records) => {
                let fitting = records.iter().filter(|data| data.record_type() == asked.query_type());
                let fitting = fitting.map(|data| Record::from_rdata(asked.name().clone(), 60, data.clone()));
                answer.answers.extend(fitting);
            }
        }
        answer.queries.push(asked);
        answer
    }
}

/// Serves a zone until the test ends.
pub(crate) async fn start(zone: Zone) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let answer = zone.answer(&Message::from_vec(&buffer[..length]).unwrap());
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}
