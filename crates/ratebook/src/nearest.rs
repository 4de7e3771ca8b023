//! Suggestions for unknown names.

/// The up to three candidates nearest to an unknown name: those that share most of their start and end with it. Usable in
/// constants.
///
/// ```
/// use ratebook::Nearest;
///
/// let mut nearest = Nearest::new();
/// for candidate in ["qwen-plus", "qwen-max", "wan2.1-t2v"] {
///     nearest.offer("qwen-pluss", candidate);
/// }
/// assert!(nearest.names().eq(["qwen-plus", "qwen-max"]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest<'a> {
    names: [(&'a str, usize); 3],
}

impl Default for Nearest<'_> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Nearest<'a> {
    /// Returns an empty set.
    #[inline]
    pub const fn new() -> Self {
        Self { names: [("", 0); 3] }
    }

    /// Returns the nearest candidates, best first.
    #[inline]
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let names = self.names;
        names.into_iter().map(|(name, _)| name).take_while(|name| !name.is_empty())
    }

    /// Adds a candidate if it is among the three nearest to a name so far.
    #[inline]
    pub const fn offer(&mut self, name: &str, candidate: &'a str) {
        let likeness = likeness(name.as_bytes(), candidate.as_bytes());
        let mut at = 0;
        while at < self.names.len() {
            if crate::packed::same(self.names[at].0.as_bytes(), candidate.as_bytes()) {
                return;
            }
            if likeness > self.names[at].1 {
                let mut below = self.names.len() - 1;
                while below > at {
                    self.names[below] = self.names[below - 1];
                    below -= 1;
                }
                self.names[at] = (candidate, likeness);
                return;
            }
            at += 1;
        }
    }

    /// Returns the name at an index below 3, best first. Empty after the last one.
    #[inline]
    pub(crate) const fn name(&self, at: usize) -> &'a str {
        self.names[at].0
    }
}

/// Returns the number of bytes that two names share at their start and end, in thousandths of the longer name. 0 below a
/// third.
///
/// This is coarser than an edit distance, but cheap enough for the compiler's evaluator, which bounds its steps.
#[inline]
const fn likeness(a: &[u8], b: &[u8]) -> usize {
    let (short, long) = if a.len() < b.len() { (a.len(), b.len()) } else { (b.len(), a.len()) };
    let mut start = 0;
    while start < short && a[start].eq_ignore_ascii_case(&b[start]) {
        start += 1;
    }
    let mut end = 0;
    while end < short - start && a[a.len() - 1 - end].eq_ignore_ascii_case(&b[b.len() - 1 - end]) {
        end += 1;
    }
    let shared = (start + end) * 1_000 / if long == 0 { 1 } else { long };
    if shared < 334 { 0 } else { shared }
}
