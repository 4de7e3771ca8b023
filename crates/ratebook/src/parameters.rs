//! The number of parameters in a model's name.

/// Returns the number of parameters that a model's name states, or `None` if it states none.
///
/// The count is a word of the name that ends with `b` or `m`: `llama-3.3-70b`, `Llama 3.3 70B FP8`, `qwen3-235b-a22b` (the
/// total of a mixture of experts, not the active 22B), `mixtral-8x7b` (the product), `qwen2p5-0p5b` (some vendors write `p`
/// for the decimal point).
#[inline]
pub(crate) fn of_name(name: &str) -> Option<u64> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words.filter_map(of_word).max()
}

#[inline]
fn of_word(word: &str) -> Option<u64> {
    let (number, unit) = match *word.as_bytes().last()? {
        b'b' | b'B' => (&word[..word.len() - 1], 1_000_000_000),
        b'm' | b'M' => (&word[..word.len() - 1], 1_000_000),
        _ => return None,
    };
    match number.split_once(['x', 'X']) {
        Some((experts, each)) => experts.parse::<u64>().ok()?.checked_mul(scaled(each, unit)?),
        None => scaled(number, unit),
    }
}

/// Returns a decimal number times a unit, if the product is whole.
#[inline]
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once(['.', 'p']).unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    if !unit.is_multiple_of(scale) {
        return None;
    }
    let fraction = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(u64::checked_mul(fraction, unit / scale)?)
}

#[cfg(test)]
mod tests {
    use super::of_name;

    #[test]
    fn the_count_is_a_word_of_the_name() {
        let billions = [
            ("llama-3.3-70b", 70),
            ("Llama 3.3 70B FP8", 70),
            ("qwen3-235b-a22b-instruct-2507", 235),
            ("mixtral-8x7b-instruct", 56),
            ("accounts/fireworks/models/llama-v3p1-405b-instruct", 405),
            ("GPT-OSS 120B", 120),
        ];
        for (name, count) in billions {
            assert_eq!(of_name(name), Some(count * 1_000_000_000), "{name}");
        }
        assert_eq!(of_name("qwen2p5-0p5b"), Some(500_000_000));
        assert_eq!(of_name("qwen3-0.6b"), Some(600_000_000));
        assert_eq!(of_name("smollm-135m"), Some(135_000_000));
    }

    #[test]
    fn a_name_without_a_count_has_none() {
        for name in
            ["qwen-plus", "Qwen 3 Coder Next", "gemma-3n-e2b", "deepseek-v3", "", "b", "qwen2.5-14b1", "1.b.2b3"]
        {
            assert_eq!(of_name(name), None, "{name}");
        }
        assert_eq!(of_name("99999999999999999999b"), None);
    }
}
