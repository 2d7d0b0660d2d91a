//! `cargo run -p ssr-axum`: the site on port 3000 and, unless `CORE_URL` and `API_URL` name others, the
//! demo issuer on port 3001.

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
    let own = "http://127.0.0.1:3000";
    let named = |name| std::env::var(name).ok().map(|url| url.trim_end_matches('/').to_owned());
    let config = match (named("CORE_URL"), named("API_URL")) {
        (Some(core), Some(api)) => Config { core, api, own: own.into(), demo: None },
        _ => {
            let issuer = Issuer::new(own.into(), now.clone()).router();
            let listener = TcpListener::bind("127.0.0.1:3001").await?;
            tokio::spawn(async { axum::serve(listener, issuer).await });
            let demo = "http://127.0.0.1:3001".to_owned();
            Config {
                core: demo.clone(),
                api: format!("{demo}/auth"),
                own: own.into(),
                demo: Some(demo),
            }
        }
    };
    let site = Site::new(config, now);
    tokio::spawn(keep_fresh(site.clone()));
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("open {own}/");
    axum::serve(listener, site.router()).await
}
