//! Comparison of names without regard to case, spaces and punctuation.

/// Returns whether two names have the same letters and digits, without regard to case: `Qwen 3 Coder Next` and
/// `qwen3-coder-next`.
#[inline]
pub(crate) fn alike(a: &str, b: &str) -> bool {
    Letters(a.bytes()).eq(Letters(b.bytes()))
}

/// The ASCII letters and digits of a name, in lowercase.
struct Letters<'a>(core::str::Bytes<'a>);

impl Iterator for Letters<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        self.0.find(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
    }
}

/// Returns the item whose name is equal to `name`, or else the [only one](only_alike) with a name that is alike.
#[inline]
pub(crate) fn named<T: Copy + PartialEq>(
    name: &str,
    items: impl Iterator<Item = (T, &'static str)> + Clone,
) -> Option<T> {
    let equal = items.clone().find(|(_, own)| *own == name).map(|(item, _)| item);
    equal.or_else(|| only_alike(name, items))
}

/// Returns the only item with a name that is alike. An item may have several names. A name without letters and digits is
/// alike to none.
#[inline]
pub(crate) fn only_alike<T: PartialEq>(name: &str, items: impl Iterator<Item = (T, &'static str)>) -> Option<T> {
    Letters(name.bytes()).next()?;
    let mut like = items.filter(|(_, own)| alike(own, name)).map(|(item, _)| item);
    let first = like.next()?;
    like.all(|other| other == first).then_some(first)
}
