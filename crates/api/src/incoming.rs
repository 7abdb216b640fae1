//! Bodies too large for memory: read as they come.

use std::io;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::body::{PAUSE, drain, slow, too_large};
use crate::error::ApiError;

/// A body as it comes, for one who reads it and blocks.
pub struct Incoming {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

/// Reads a body of at most `limit` bytes as it is asked for. What nobody asks for any more is dropped, as far as a client should be let
/// to end what it sends.
pub fn incoming(mut body: Body, limit: u64) -> Incoming {
    let (sender, chunks) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut left = limit;
        loop {
            let next = match timeout(PAUSE, body.frame()).await {
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
                Ok(None) => return,
                Ok(Some(Err(error))) => Err(io::Error::other(error)),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Err(_) => continue,
                    Ok(data) => match left.checked_sub(data.len() as u64) {
                        Some(rest) => {
                            left = rest;
                            Ok(data)
                        }
                        None => Err(io::ErrorKind::FileTooLarge.into()),
                    },
                },
            };
            let ended = next.is_err();
            if sender.send(next).await.is_err() || ended {
                drop(sender);
                return drain(body).await;
            }
        }
    });
    Incoming { chunks, current: Bytes::new() }
}

impl io::Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let length = self.current.len().min(buffer.len());
        self.current.split_to(length).copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}

/// Why a body could not be read to its end.
pub fn broken_off(error: &io::Error, limit: u64) -> ApiError {
    match error.kind() {
        io::ErrorKind::TimedOut => slow(),
        io::ErrorKind::FileTooLarge => too_large(limit),
        _ => ApiError::new(StatusCode::BAD_REQUEST, "bad.request", "the body is incomplete").private(error.to_string()),
    }
}
