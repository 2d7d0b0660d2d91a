//! Invariant: each redirect is the operator's route or a path of the site, as worked out on paper, and comes back.
//!
//! Input: texts with NUL between them: sign-in route, refresh route, the parameter of each, and what is
//! left: the target of a request or the query of one. An empty route or parameter is a usual one.

use supertokens_session::{Response, Routes};

use crate::doubles::redirect::{self, Route, location, way_back, way_back_in};

pub fn run(data: &[u8]) {
    let mut texts = data.splitn(5, |byte| *byte == 0);
    let mut text = |usual: &str| {
        let text = String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
        if text.is_empty() { usual.to_owned() } else { text }
    };
    let (sign_in, refresh) = (text("/auth"), text("/session/refresh-page"));
    let (first, second) = (text("redirectToPath"), text("redirectToPath"));
    let bytes = texts.next().unwrap_or_default();
    let routes = Routes::new(&sign_in, &refresh).sign_in_parameter(&first).refresh_parameter(&second);
    let own = [
        Route { text: sign_in, parameter: first },
        Route { text: refresh, parameter: second },
    ];
    for (back, expected) in [
        (routes.return_path(bytes), way_back(bytes, &own)),
        (routes.return_path_in(bytes), way_back_in(bytes, &own)),
    ] {
        let path = back.as_str();
        assert_eq!(path, expected);
        assert!(redirect::stays(path), "{path}");
        assert_eq!(only_location(&routes.to(&back)), path);
        assert_eq!(routes.return_path(path.as_bytes()), back, "judged again");
        for (response, route) in [(routes.to_sign_in(&back), 0), (routes.to_refresh(&back), 1)] {
            let found = only_location(&response);
            assert_eq!(found, location(&own[route], path));
            // The way back comes back, but where the route has such a parameter of its own.
            let query = found.split_once('?').expect("a query").1;
            let query = query.split('#').next().unwrap_or_default();
            let again = routes.return_path_in(query.as_bytes());
            assert_eq!(again.as_str(), way_back_in(query.as_bytes(), &own));
            let has_own = own[route].text.contains(['?', '&']);
            assert!(again == back || has_own, "{found}");
        }
    }
}

fn only_location(response: &Response) -> &str {
    assert_eq!((response.status(), response.body()), (303, ""));
    for (name, value) in response.headers() {
        assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{value:?}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
    }
    assert!(response.headers().any(|field| field == ("cache-control", "no-store")));
    let mut fields = response.headers().filter(|(name, _)| *name == "location");
    let location = fields.next().expect("a location").1;
    assert_eq!(fields.next(), None);
    location
}
