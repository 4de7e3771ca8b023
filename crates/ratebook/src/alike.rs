//! Comparison of names without regard to case, spaces and punctuation.

/// Returns whether two names have the same letters and digits, without regard to case: `Qwen 3 Coder Next` and
/// `qwen3-coder-next`.
#[inline]
pub(crate) fn alike(a: &str, b: &str) -> bool {
    Letters(a.bytes()).eq(Letters(b.bytes()))
}

/// The ASCII letters and digits of a name, in lowercase.
pub(crate) struct Letters<'a>(pub(crate) core::str::Bytes<'a>);

impl Iterator for Letters<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        self.0.find(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
    }
}

/// Returns the item whose name is equal to `name`, or else the only one with a name that is alike. An item may have several
/// names.
#[inline]
pub(crate) fn named<T: Copy + PartialEq>(
    name: &str,
    items: impl Iterator<Item = (T, &'static str)> + Clone,
) -> Option<T> {
    if let Some((item, _)) = items.clone().find(|(_, own)| *own == name) {
        return Some(item);
    }
    Letters(name.bytes()).next()?;
    let mut like = items.filter(|(_, own)| alike(own, name)).map(|(item, _)| item);
    let first = like.next()?;
    like.all(|other| other == first).then_some(first)
}
