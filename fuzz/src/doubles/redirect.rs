//! Ways back and the redirects that carry them, as on paper.

/// A route and the parameter with the way back.
pub struct Route {
    pub text: String,
    pub parameter: String,
}

/// The path to go on at, for these routes: the target itself or `/`.
pub fn way_back(target: &[u8], routes: &[Route]) -> String {
    let root = "/".to_owned();
    let Ok(text) = std::str::from_utf8(target) else { return root };
    let is_visible = text.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    let path = path_of(text);
    let is_dots = |segment: &str| [".", ".."].contains(&dots_decoded(segment).as_str());
    let is_local = is_visible
        && text.len() <= 2048
        && path.starts_with('/')
        && !path.contains("//")
        && !path.contains('\\')
        && !path.split('/').any(is_dots);
    let leads_to = |route: &Route| reaches(path, &own_path(&encoded_route(&route.text)));
    if is_local && !routes.iter().any(leads_to) { text.to_owned() } else { root }
}

/// The way back out of a query.
pub fn way_back_in(query: &[u8], routes: &[Route]) -> String {
    let query = query.strip_prefix(b"?").unwrap_or(query);
    let mut values = Vec::new();
    for pair in query.split(|byte| *byte == b'&') {
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = (&pair[..at.unwrap_or(pair.len())], at.map(|at| &pair[at + 1..]));
        if routes.iter().any(|route| percent_decoded(name) == route.parameter.as_bytes()) {
            values.push(value.unwrap_or_default());
        }
    }
    match values.as_slice() {
        [value] if !value.contains(&b'+') => way_back(&percent_decoded(value), routes),
        _ => "/".to_owned(),
    }
}

/// Where a redirect to a route goes.
pub fn location(route: &Route, back: &str) -> String {
    let whole = encoded_route(&route.text);
    let (front, fragment) = match whole.split_once('#') {
        Some((front, fragment)) => (front.to_owned(), format!("#{fragment}")),
        None => (whole, String::new()),
    };
    let join = match () {
        () if !front.contains('?') => "?",
        () if front.ends_with(['?', '&']) => "",
        () => "&",
    };
    let component = |text: &str| {
        percent_encoded(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    format!("{front}{join}{}={}{fragment}", component(&route.parameter), component(back))
}

/// Whether a browser that is told to go to `path` stays on its site: as a browser reads it, which drops
/// tabs and line ends, takes `\\` for `/`, and two of them at the front for an authority.
pub fn stays(path: &str) -> bool {
    let read: String = path.chars().filter(|char| !"\t\r\n".contains(*char)).collect();
    let read = read.trim_matches(|char: char| char <= ' ').replace('\\', "/");
    let dots = |part: &str| {
        let part = part.to_ascii_lowercase().replace("%2e", ".");
        part == "." || part == ".."
    };
    read.starts_with('/') && !read.starts_with("//") && !path_of(&read).split('/').any(dots)
}

fn path_of(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default()
}

fn dots_decoded(segment: &str) -> String {
    segment.to_ascii_lowercase().replace("%2e", ".")
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|two| two.iter().all(u8::is_ascii_hexdigit));
        match digits {
            Some(digits) if text[at] == b'%' => {
                let digits = std::str::from_utf8(digits).expect("ASCII");
                out.push(u8::from_str_radix(digits, 16).expect("digits"));
                at += 3;
            }
            _ => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

fn percent_encoded(text: &str, is_kept: impl Fn(u8) -> bool) -> String {
    let byte = |byte: u8| {
        if is_kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

/// A route as it stands in a field: visible ASCII, and a path or a URL of the web.
fn encoded_route(text: &str) -> String {
    let is_url = text.split_once("://").is_some_and(|(scheme, _)| {
        ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())
    });
    let slash = if text.starts_with('/') || is_url { "" } else { "/" };
    slash.to_owned() + &percent_encoded(text, |byte| byte.is_ascii_graphic())
}

/// The path of a route, on whichever site.
fn own_path(route: &str) -> String {
    let path = path_of(route);
    if path.starts_with('/') {
        return path.to_owned();
    }
    let (_, host_and_path) = path.split_once("://").expect("a URL");
    host_and_path.split_once('/').map_or(String::new(), |(_, path)| format!("/{path}"))
}

/// Whether a router that decodes, ignores case, and drops parameters, empty segments and dots comes
/// through `route` on its way along `path`.
fn reaches(path: &str, route: &str) -> bool {
    let steps = |path: &str| -> Vec<Vec<u8>> {
        let path = percent_decoded(path.as_bytes()).to_ascii_lowercase();
        path.split(|byte| b"/\\".contains(byte))
            .map(|step| step.split(|byte| *byte == b';').next().unwrap_or_default().to_vec())
            .filter(|step| !step.is_empty() && step != b".")
            .collect()
    };
    let route = steps(route);
    let mut walked: Vec<Vec<u8>> = Vec::new();
    let mut was_there = false;
    for step in steps(path) {
        if step == b".." {
            walked.pop();
        } else {
            walked.push(step);
        }
        was_there |= walked == route;
    }
    was_there && !route.is_empty()
}
