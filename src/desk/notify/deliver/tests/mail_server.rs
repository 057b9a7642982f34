//! A mail server on loopback that takes down what came.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// How it answers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manners {
    /// To RCPT TO, where not 250.
    pub(crate) recipient: Option<&'static str>,
    /// To the end of DATA, where not 250.
    pub(crate) data: Option<&'static str>,
    /// To the connection, where not 220.
    pub(crate) greeting: Option<&'static str>,
}

pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

/// What came: commands line by line, and messages.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) commands: Vec<String>,
    pub(crate) messages: Vec<String>,
}

impl MailServer {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, manners, shared.clone()));
            }
        });
        MailServer { address, seen }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, manners: Manners, seen: Arc<Mutex<Seen>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(format!("{}\r\n", manners.greeting.unwrap_or("220 stub")).as_bytes()).await?;
    let mut data: Option<String> = None;
    while let Some(line) = lines.next_line().await? {
        let answer = match &mut data {
            Some(message) if line == "." => {
                seen.lock().unwrap().messages.push(std::mem::take(message));
                data = None;
                manners.data.unwrap_or("250 taken")
            }
            Some(message) => {
                message.push_str(&line);
                message.push('\n');
                continue;
            }
            None => {
                seen.lock().unwrap().commands.push(line.clone());
                match line.split([' ', ':']).next().unwrap_or_default() {
                    "EHLO" => "250-stub\r\n250 8BITMIME",
                    "RCPT" => manners.recipient.unwrap_or("250 ok"),
                    "DATA" => {
                        data = Some(String::new());
                        "354 go on"
                    }
                    "QUIT" => "221 bye",
                    _ => "250 ok",
                }
            }
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
