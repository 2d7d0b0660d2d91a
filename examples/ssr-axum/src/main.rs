//! `cargo run -p ssr-axum`: the site on port 3000 (or `PORT`) and, unless `CORE_URL` and `API_URL` name
//! others, the demo issuer on the port after it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ssr_axum::issuer::Issuer;
use ssr_axum::site::{Config, Site, keep_fresh};
use supertokens_session::UnixMillis;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    // A clock before 1970 is broken: then every token shall have expired.
    let now = Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        UnixMillis::since_epoch(since.unwrap_or(Duration::MAX))
    });
    let port = std::env::var("PORT").map_or(3000, |port| port.parse().expect("PORT is a port"));
    let (listener, own) = listen(port).await?;
    let named = |name| std::env::var(name).ok().map(|url| url.trim_end_matches('/').to_owned());
    let config = match (named("CORE_URL"), named("API_URL")) {
        (Some(core), Some(api)) => Config { core, api, own: own.clone(), demo: None },
        (None, None) => {
            let issuer = Issuer::new(own.clone(), now.clone()).router();
            let (listener, demo) = listen(if port == 0 { 0 } else { port + 1 }).await?;
            tokio::spawn(async { axum::serve(listener, issuer).await });
            let (core, api) = (demo.clone(), format!("{demo}/auth"));
            Config { core, api, own: own.clone(), demo: Some(demo) }
        }
        _ => return Err(io::Error::other("set both CORE_URL and API_URL, or neither")),
    };
    let site = Site::new(config, now);
    let kept = site.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(keep_fresh(&kept).await).await;
        }
    });
    println!("open {own}/");
    axum::serve(listener, site.router()).await
}

/// Loopback only: whoever can reach the demo issuer can sign in as anybody.
async fn listen(port: u16) -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        io::Error::other(format!("port {port}: {error}; PORT=... chooses another"))
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}
