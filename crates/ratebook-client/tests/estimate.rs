//! Token estimates, and their errors measured with OpenAI's tables.
#![cfg(feature = "estimate")]

use std::sync::Arc;

use proptest::prelude::*;
use ratebook_client::estimate::{Bytes, Estimate, Rough, TOKENS_BEFORE_REPLY, TOKENS_PER_MESSAGE};

const ALL: [Rough; 3] = [Rough::CL100K, Rough::O200K, Rough::QWEN];

#[test]
fn an_empty_text_has_no_tokens() {
    for rough in ALL {
        assert_eq!(rough.tokens(""), 0);
    }
    assert_eq!(Bytes.tokens(""), 0);
}

#[test]
fn a_plain_word_is_about_a_token() {
    assert_eq!(Rough::default().tokens("The lighthouse keeper has two sons"), 9); // exact: 6
    assert_eq!(Rough::default().tokens("I'll say it's Tom's"), 9); // exact: 7
}

#[test]
fn three_digits_are_a_token_and_one_digit_at_qwen() {
    assert_eq!(Rough::default().tokens("123456789"), 3);
    assert_eq!(Rough::QWEN.tokens("123456789"), 9);
}

#[test]
fn a_chat_adds_overhead_to_its_texts() {
    let rough = Rough::default();
    let texts = ["Be brief.", "Who built the lighthouse?"];
    let of_texts = texts.iter().map(|text| rough.tokens(text)).sum::<u64>();
    assert_eq!(rough.messages(&texts), of_texts + 2 * TOKENS_PER_MESSAGE + TOKENS_BEFORE_REPLY);
}

#[test]
fn estimators_work_as_trait_objects() {
    let chosen: Arc<dyn Estimate + Send + Sync> = Arc::new(Bytes);
    let boxed: Box<dyn Estimate> = Box::new(&chosen);
    assert_eq!(boxed.tokens("four"), 4);
    assert_eq!(boxed.messages(&[]), TOKENS_BEFORE_REPLY);
}

#[test]
fn a_sum_saturates() {
    struct Huge;
    impl Estimate for Huge {
        fn tokens(&self, _: &str) -> u64 {
            u64::MAX
        }
    }
    assert_eq!(Huge.messages(&["a", "b"]), u64::MAX);
}

proptest! {
    #[test]
    fn no_text_has_more_tokens_than_bytes(text in ".{0,300}") {
        for rough in ALL {
            prop_assert!(rough.tokens(&text) <= Bytes.tokens(&text));
            prop_assert_eq!(rough.tokens(&text) == 0, text.is_empty());
        }
    }

    /// Preceding text only affects the first words.
    #[test]
    fn texts_together_have_about_as_many_tokens_as_apart(first in TEXT, second in TEXT) {
        for rough in ALL {
            let apart = rough.tokens(&first) + rough.tokens(&second);
            let together = rough.tokens(&format!("{first}{second}"));
            prop_assert!(together.abs_diff(apart) <= 40, "{} together, {} apart", together, apart);
        }
    }
}

const TEXT: &str = "([a-zA-Zäőз語]{1,9}[ ,.:\n]){0,60}";

#[cfg(feature = "tiktoken")]
mod against_the_tables {
    use std::fmt::Write as _;
    use std::fs;
    use std::path::Path;

    use ratebook_client::estimate::Tiktoken;

    use super::*;

    /// The estimated and the exact tokens of a sample.
    struct Measured {
        estimated: u64,
        counted: u64,
        /// The lowest error in any passage of at least 200 characters.
        lowest: Option<i64>,
    }

    impl Measured {
        fn of(text: &str, rough: Rough, tables: Tiktoken) -> Self {
            let lowest =
                passages(text).iter().map(|passage| error(rough.tokens(passage), tables.tokens(passage))).min();
            Self { estimated: rough.tokens(text), counted: tables.tokens(text), lowest }
        }

        fn error(&self) -> i64 {
            error(self.estimated, self.counted)
        }
    }

    /// Returns the error of an estimate in percent, rounded down.
    fn error(estimated: u64, counted: u64) -> i64 {
        (estimated as i64 * 100).div_euclid(counted as i64) - 100
    }

    /// Splits a text into passages: whole lines with at least 200 characters together. Drops a shorter rest.
    fn passages(text: &str) -> Vec<&str> {
        let (mut from, mut to) = (0, 0);
        let mut passages = Vec::new();
        for line in text.split_inclusive('\n') {
            to += line.len();
            if text[from..to].chars().count() >= 200 {
                passages.push(&text[from..to]);
                from = to;
            }
        }
        passages
    }

    fn samples(part: &str) -> Vec<(String, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(part);
        let mut samples = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect::<Vec<_>>();
        samples.sort();
        samples
    }

    const PARTS: [&str; 3] = ["tuned", "held-out", "fresh"];

    #[test]
    fn the_errors_by_sample() {
        let mut table = String::new();
        for part in PARTS {
            writeln!(table, "{part:26}  cl100k  estimate  error  lowest    o200k  estimate  error  lowest").unwrap();
            for (name, text) in samples(part) {
                write!(table, "  {name:24}").unwrap();
                for (rough, tables) in [(Rough::CL100K, Tiktoken::cl100k()), (Rough::O200K, Tiktoken::o200k())] {
                    let measured = Measured::of(&text, rough, tables);
                    let Measured { estimated, counted, lowest } = measured;
                    let error = measured.error();
                    let lowest = lowest.map_or("-".to_owned(), |lowest| format!("{lowest:+}"));
                    write!(table, "  {counted:6}  {estimated:8}  {error:+4}%  {lowest:>6}  ").unwrap();
                }
                table.truncate(table.trim_end().len());
                table.push('\n');
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn no_sample_and_no_passage_is_underestimated() {
        for (name, text) in PARTS.into_iter().flat_map(samples) {
            for text in passages(&text).into_iter().chain([text.as_str()]) {
                let (cl100k, o200k) = (Tiktoken::cl100k().tokens(text), Tiktoken::o200k().tokens(text));
                assert!(Rough::CL100K.tokens(text) >= cl100k.max(o200k), "{name}: {cl100k}, {o200k}: {text}");
                assert!(Rough::O200K.tokens(text) >= o200k, "{name}: {o200k}: {text}");
            }
        }
    }

    #[test]
    fn the_error_is_bounded_by_kind_of_text() {
        let kinds: [(i64, i64, &[&str]); 4] = [
            (35, 30, &["english", "emoji"]),
            (50, 55, &["german", "french", "spanish", "portuguese", "italian", "polish", "turkish", "dutch", "czech"]),
            (70, 60, &["chinese", "japanese", "korean", "russian", "arabic", "hebrew", "hindi", "greek", "thai"]),
            (
                70,
                55,
                &["rust", "python", "typescript", "java", "go-c", "sql", "minified", "json", "yaml", "logs", "csv"],
            ),
        ];
        for (name, text) in PARTS.into_iter().flat_map(samples) {
            let Some((cl100k, o200k, _)) =
                kinds.iter().find(|kind| kind.2.iter().any(|prefix| name.starts_with(prefix)))
            else {
                continue;
            };
            let error = Measured::of(&text, Rough::CL100K, Tiktoken::cl100k()).error();
            assert!(error <= *cl100k, "{name}: {error} % for cl100k_base");
            let error = Measured::of(&text, Rough::O200K, Tiktoken::o200k()).error();
            assert!(error <= *o200k, "{name}: {error} % for o200k_base");
        }
    }

    #[test]
    fn runs_of_a_letter_or_a_symbol_are_not_underestimated() {
        for character in [' ', '\t', '\n', '-', '=', '\\', '~', 'a', 'X', '0', '█', '😂', '\u{301}'] {
            for length in [1, 2, 7, 40, 300, 5_000] {
                let text = character.to_string().repeat(length);
                assert!(Rough::CL100K.tokens(&text) >= Tiktoken::cl100k().tokens(&text), "{length} of {character:?}");
                assert!(Rough::O200K.tokens(&text) >= Tiktoken::o200k().tokens(&text), "{length} of {character:?}");
            }
        }
    }

    #[test]
    fn white_space_of_any_length_is_counted() {
        let text = format!("a{}b", " ".repeat(1_100_000));
        assert!(Tiktoken::cl100k().tokens(&text) > 100);
        assert!(Tiktoken::o200k().tokens(&text) > 100);
    }

    #[test]
    fn of_model_returns_the_tokenizer_of_the_model() {
        let of_model = |model| Tiktoken::of_model(model).map(|tables| format!("{tables:?}"));
        assert_eq!(of_model("gpt-4o-mini").as_deref(), Some("Tiktoken(\"o200k_base\")"));
        assert_eq!(of_model("gpt-oss-120b").as_deref(), Some("Tiktoken(\"o200k_base\")"));
        assert_eq!(of_model("text-embedding-3-small").as_deref(), Some("Tiktoken(\"cl100k_base\")"));
        assert_eq!(of_model("text-davinci-003"), None);
        assert_eq!(of_model("qwen-max"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn bytes_is_an_upper_bound(text in ".{0,200}") {
            prop_assert!(Bytes.tokens(&text) >= Tiktoken::cl100k().tokens(&text));
            prop_assert!(Bytes.tokens(&text) >= Tiktoken::o200k().tokens(&text));
        }

        /// Random characters are the worst case.
        #[test]
        fn characters_at_random_are_not_underestimated_by_more_than_an_eighth(text in "\\PC{200}") {
            prop_assert!(Rough::CL100K.tokens(&text) * 8 >= Tiktoken::cl100k().tokens(&text) * 7);
            prop_assert!(Rough::O200K.tokens(&text) * 8 >= Tiktoken::o200k().tokens(&text) * 7);
        }

        #[test]
        fn keys_and_hashes_are_not_underestimated(text in "[0-9a-f]{32,128}|[A-Za-z0-9+/]{32,256}|[A-Z0-9]{24,64}") {
            prop_assert!(Rough::CL100K.tokens(&text) >= Tiktoken::cl100k().tokens(&text));
            prop_assert!(Rough::O200K.tokens(&text) >= Tiktoken::o200k().tokens(&text));
        }
    }
}
