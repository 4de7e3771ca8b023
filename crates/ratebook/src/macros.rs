//! Lookup by names in constants.

/// The entry of the given names, as a constant: a name that is not in the catalog stops the build.
///
/// ```
/// use ratebook::{Entry, entry};
///
/// const QWEN: Entry = entry!("alibaba", "international", "qwen-plus");
/// const PHI: Entry = entry!("cloudflare", "@cf/microsoft/phi-2");
/// const LARGE: Entry = entry!("castai", plan = "growth", "large");
/// assert_eq!((QWEN.name(), PHI.name(), LARGE.name()), ("qwen-plus", "@cf/microsoft/phi-2", "large"));
/// ```
///
/// ```compile_fail
/// const QWEN: ratebook::Entry = ratebook::entry!("alibaba", "international", "qwen-pluss");
/// ```
#[macro_export]
macro_rules! entry {
    ($provider:expr, $region:expr, plan = $plan:expr, $name:expr $(,)?) => {
        const { $crate::__macro::entry($provider, ::core::option::Option::Some($region), ::core::option::Option::Some($plan), $name) }
    };
    ($provider:expr, plan = $plan:expr, $name:expr $(,)?) => {
        const { $crate::__macro::entry($provider, ::core::option::Option::None, ::core::option::Option::Some($plan), $name) }
    };
    ($provider:expr, $region:expr, $name:expr $(,)?) => {
        const { $crate::__macro::entry($provider, ::core::option::Option::Some($region), ::core::option::Option::None, $name) }
    };
    ($provider:expr, $name:expr $(,)?) => {
        const { $crate::__macro::entry($provider, ::core::option::Option::None, ::core::option::Option::None, $name) }
    };
}

/// What [`entry!`](crate::entry) calls.
#[doc(hidden)]
pub mod __macro {
    use crate::find::find_const;
    use crate::nearest::Nearest;
    use crate::{Entry, Kind, Plan, Provider, Region};

    #[doc(hidden)]
    pub const fn entry(provider: &str, region: Option<&str>, plan: Option<&str>, name: &str) -> Entry {
        let Some(provider) = Provider::from_name(provider) else {
            let mut nearest = Nearest::new();
            let mut at = 0;
            while at < Provider::ALL.len() {
                nearest.offer(provider, Provider::ALL[at].name());
                at += 1;
            }
            fail("provider", provider, &nearest)
        };
        let region = match region {
            None => None,
            Some(name) => match Region::from_name(name) {
                Some(region) => Some(region),
                None => fail("region", name, &near_regions(name)),
            },
        };
        let plan = match plan {
            None => None,
            Some(name) => match Plan::from_name(name) {
                Some(plan) => Some(plan),
                None => fail("plan", name, &near_plans(name)),
            },
        };
        let mut at = 0;
        while at < Kind::ALL.len() {
            if let Some(entry) = find_const(provider, region, plan, Kind::ALL[at], name) {
                return entry;
            }
            at += 1;
        }
        fail("entry", name, &near_entries(provider, region, plan, name))
    }

    const fn near_regions(name: &str) -> Nearest {
        let mut nearest = Nearest::new();
        let mut at = 0;
        while at < Region::ALL.len() {
            nearest.offer(name, Region::ALL[at].name());
            at += 1;
        }
        nearest
    }

    const fn near_plans(name: &str) -> Nearest {
        let mut nearest = Nearest::new();
        let mut at = 0;
        while at < Plan::ALL.len() {
            nearest.offer(name, Plan::ALL[at].name());
            at += 1;
        }
        nearest
    }

    /// The compiler's evaluator counts steps: of a very large catalog only so many names are looked at.
    const MOST_COMPARED: u32 = 2_000;

    const fn near_entries(provider: Provider, region: Option<Region>, plan: Option<Plan>, name: &str) -> Nearest {
        let mut nearest = Nearest::new();
        let entries = provider.entries();
        let (mut at, mut compared) = (entries.next, 0);
        while at < entries.end && compared < MOST_COMPARED {
            let entry = Entry(at);
            if same_region(entry.region(), region) && same_plan(entry.plan(), plan) {
                nearest.offer(name, entry.name());
                compared += 1;
            }
            at += 1;
        }
        nearest
    }

    const fn same_region(a: Option<Region>, b: Option<Region>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => a as u8 == b as u8,
            _ => false,
        }
    }

    const fn same_plan(a: Option<Plan>, b: Option<Plan>) -> bool {
        match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => a as u8 == b as u8,
            _ => false,
        }
    }

    const fn fail(what: &str, name: &str, nearest: &Nearest) -> ! {
        let mut message = Message { bytes: [0; 512], len: 0 };
        message.push("no ");
        message.push(what);
        message.push(" `");
        message.push(name);
        message.push("` in this catalog");
        let mut at = 0;
        while at < 3 && !nearest.name(at).is_empty() {
            message.push(if at == 0 { "; the nearest names are `" } else { "`, `" });
            message.push(nearest.name(at));
            at += 1;
        }
        message.push(if at > 0 { "`" } else { "" });
        match core::str::from_utf8(message.bytes.split_at(message.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a name that is not in this catalog"),
        }
    }

    /// A text put together in a constant.
    struct Message {
        bytes: [u8; 512],
        len: usize,
    }

    impl Message {
        /// Adds a text whole, or not at all where it does not fit.
        const fn push(&mut self, text: &str) {
            if self.bytes.len() - self.len < text.len() {
                return;
            }
            let mut at = 0;
            while at < text.len() {
                self.bytes[self.len + at] = text.as_bytes()[at];
                at += 1;
            }
            self.len += text.len();
        }
    }
}
