//! A small HTTP client: TLS, a deadline, a bound on the body, and no redirect is followed.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// The library refuses a longer JWKS document, so there is no use in reading one.
const MAX_BODY: usize = 256 * 1024;

/// What came.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone, Debug)]
pub struct Http(Client<HttpsConnector<HttpConnector>, Body>);

impl Default for Http {
    fn default() -> Self {
        let tls = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1();
        Self(Client::builder(TokioExecutor::new()).build(tls.build()))
    }
}

impl Http {
    /// The answer, or nothing if it did not come whole in time.
    pub async fn send(&self, request: Builder, body: Body, within: Duration) -> Option<Got> {
        let request = request.body(body).ok()?;
        let exchange = async {
            let (head, body) = self.0.request(request).await.ok()?.into_parts();
            let body = Limited::new(body, MAX_BODY).collect().await.ok()?.to_bytes();
            Some(Got { status: head.status, headers: head.headers, body })
        };
        tokio::time::timeout(within, exchange).await.ok()?
    }
}
