//! As much of a browser as the site can tell: cookies with paths, and redirects.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, Uri};
use ssr_axum::http::Http;

#[derive(Default)]
pub struct Browser {
    http: Http,
    /// Name, path and value; of the host, whatever the port, as browsers have it.
    pub jar: Vec<(String, String, String)>,
    /// The paths that the last navigation led through.
    pub visited: Vec<String>,
    status: u16,
    headers: HeaderMap,
    pub body: String,
}

/// Where Chromium gives up.
const MOST_REDIRECTS: usize = 20;

impl Browser {
    pub async fn get(&mut self, url: &str) {
        self.navigate(Method::GET, url, "").await;
    }

    pub async fn post(&mut self, url: &str, form: &str) {
        self.navigate(Method::POST, url, form).await;
    }

    async fn navigate(&mut self, mut method: Method, url: &str, form: &str) {
        let (mut url, mut form): (Uri, _) = (url.parse().unwrap(), form.to_owned());
        self.visited.clear();
        for _ in 0..=MOST_REDIRECTS {
            self.visited.push(url.path_and_query().unwrap().to_string());
            let mut request = Request::builder().method(&method).uri(&url);
            if !form.is_empty() {
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            }
            if let Some(cookies) = self.cookies(url.path()) {
                request = request.header(COOKIE, cookies);
            }
            let got = self.http.send(request, Body::from(form), Duration::from_secs(60)).await;
            let got = got.expect("an answer");
            for field in got.headers.get_all(SET_COOKIE) {
                self.set_cookie(field.to_str().unwrap());
            }
            (self.status, self.headers) = (got.status.as_u16(), got.headers);
            self.body = String::from_utf8(got.body.to_vec()).unwrap();
            let Some(location) = self.header("location").filter(|_| self.status == 303) else {
                return;
            };
            let location: Uri = location.parse().unwrap();
            if location.host().is_some() {
                url = location;
            } else {
                let mut parts = url.into_parts();
                parts.path_and_query = location.into_parts().path_and_query;
                url = Uri::from_parts(parts).unwrap();
            }
            (method, form) = (Method::GET, String::new());
        }
        panic!("too many redirects: {:?}", self.visited);
    }

    /// The longest path first.
    fn cookies(&self, path: &str) -> Option<String> {
        let mut fitting: Vec<_> = self
            .jar
            .iter()
            .filter(|(_, at, _)| at == "/" || path == at || path.starts_with(&format!("{at}/")))
            .collect();
        fitting.sort_by_key(|(_, at, _)| std::cmp::Reverse(at.len()));
        let pairs: Vec<_> =
            fitting.iter().map(|(name, _, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub fn set_cookie(&mut self, field: &str) {
        let mut parts = field.split("; ");
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<_> = parts.collect();
        let path = attributes.iter().find_map(|part| part.strip_prefix("Path=")).unwrap();
        self.jar.retain(|(n, p, _)| (n.as_str(), p.as_str()) != (name, path));
        if !attributes.contains(&"Max-Age=0") {
            self.jar.push((name.into(), path.into(), value.into()));
        }
    }

    /// The field of this name, which must be there once if at all.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.get_all(name).iter();
        let field = fields.next();
        assert_eq!(fields.next(), None, "{name} is there twice");
        field.map(|value| value.to_str().unwrap())
    }

    /// The header of the access token, as text: whose key signed it.
    pub fn kid(&self) -> String {
        let token = self.jar.iter().find(|(name, ..)| name == "sAccessToken").unwrap();
        token.2.split('.').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn assert(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{:?} {}", self.visited, self.body);
        assert!(self.body.contains(text), "{text:?} after {:?} in {}", self.visited, self.body);
        // Whatever it is, no cache may keep it.
        assert!(self.header("cache-control").unwrap().contains("no-store"));
    }
}
