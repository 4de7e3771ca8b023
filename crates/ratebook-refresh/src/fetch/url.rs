//! Checks of URLs, and resolution of redirects.

/// Returns whether a URL may be fetched: HTTPS, or the local host unless `https_only` is set.
pub(super) fn is_allowed(url: &str, https_only: bool) -> bool {
    let url = url.to_ascii_lowercase();
    let host = url.strip_prefix("http://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let is_local = host.is_some_and(|host| host.split(':').next() == Some("127.0.0.1") && !host.contains('@'));
    url.starts_with("https://") || (!https_only && is_local)
}

/// Resolves an absolute or relative `location` against the URL `base`.
pub(super) fn join(base: &str, location: &str) -> String {
    let location = location.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = base.split_once("://") else { return location.to_owned() };
    if location.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return location.to_owned();
    }
    if location.starts_with("//") {
        return format!("{scheme}:{location}");
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    match location.chars().next() {
        Some('/') => format!("{scheme}://{host}{location}"),
        Some('?') | None => format!("{scheme}://{host}{path}{location}"),
        Some(_) => format!("{scheme}://{host}{}{location}", &path[..=path.rfind('/').unwrap_or(0)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_resolved_against_the_url_that_sent_it() {
        let base = "https://docs.example.com/guides/limits?lang=en";
        let cases = [
            ("https://other.example.com/x", "https://other.example.com/x"),
            ("//other.example.com/x", "https://other.example.com/x"),
            ("/serverless/limits", "https://docs.example.com/serverless/limits"),
            ("quotas#top", "https://docs.example.com/guides/quotas"),
            ("?lang=de", "https://docs.example.com/guides/limits?lang=de"),
            ("/in?next=https://docs.example.com/", "https://docs.example.com/in?next=https://docs.example.com/"),
        ];
        for (location, expected) in cases {
            assert_eq!(join(base, location), expected, "{location}");
        }
        assert_eq!(join("https://docs.example.com", "x"), "https://docs.example.com/x");
    }

    #[test]
    fn only_https_and_optionally_the_local_host_are_allowed() {
        assert!(is_allowed("https://example.com/", true) && is_allowed("HTTPS://example.com/", true));
        assert!(is_allowed("http://127.0.0.1:8080/x", false));
        assert!(!is_allowed("http://127.0.0.1:8080/x", true));
        let never = [
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1:x@example.com/",
            "file:///etc/hosts",
            "ftp://127.0.0.1/",
            "",
        ];
        for url in never {
            assert!(!is_allowed(url, false), "{url}");
        }
    }
}
