//! As much of HTTP/1.1 as the example needs: one request a connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The head of a request, or of an answer.
pub(crate) struct Head {
    /// The first word: the method, or the version.
    pub(crate) method: String,
    /// The second: the target, or the status.
    pub(crate) target: String,
    fields: Vec<(String, Vec<u8>)>,
}

impl Head {
    pub(crate) fn read(stream: impl Read) -> io::Result<Self> {
        Self::read_from(&mut BufReader::new(stream.take(64 * 1024)))
    }

    fn read_from(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut lines = stream.split(b'\n').map(|line| line.map(|line| line.trim_ascii().to_vec()));
        let first = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
        let first = String::from_utf8_lossy(&first).into_owned();
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut fields = Vec::new();
        for line in lines {
            let line = line?;
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
            let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            fields.push((name, line[colon + 1..].trim_ascii().to_vec()));
        }
        Ok(Self { method, target, fields })
    }

    /// The values of the `Cookie` fields, all of them, as bytes.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(|(name, _)| name == "cookie").map(|(_, value)| value.as_slice())
    }
}

pub(crate) fn respond(mut stream: &TcpStream, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\ncache-control: no-store\r\nconnection: close\r\n")?;
    write!(stream, "content-length: {length}\r\n\r\n{body}")
}

/// Sends a GET for a URL that begins `http://` and names a port.
pub(crate) fn send<'n, 'v>(
    url: &str,
    fields: impl Iterator<Item = (&'n str, &'v str)>,
) -> io::Result<TcpStream> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap_or((url, ""));
    let mut request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    fields.for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
    let mut stream = TcpStream::connect(host)?;
    stream.write_all((request + "\r\n").as_bytes())?;
    Ok(stream)
}

/// The status and the body of the answer. `patience` is for each wait of it.
pub(crate) fn get<'n, 'v>(
    url: &str,
    fields: impl Iterator<Item = (&'n str, &'v str)>,
    patience: Duration,
) -> io::Result<(u16, Vec<u8>)> {
    let stream = send(url, fields)?;
    stream.set_read_timeout(Some(patience.max(Duration::from_millis(1))))?;
    // No more than a store would take.
    let mut stream = BufReader::new(stream.take(512 * 1024));
    let head = Head::read_from(&mut stream)?;
    let status = head.target.parse().map_err(|_| io::ErrorKind::InvalidData)?;
    let mut body = Vec::new();
    stream.read_to_end(&mut body)?;
    Ok((status, body))
}
