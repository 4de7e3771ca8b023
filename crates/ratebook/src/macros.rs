//! Lookup by name in constants.

/// Returns an entry by name, as a constant. An unknown name is a compile error with the nearest names.
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

/// The implementation of [`entry!`](crate::entry).
#[doc(hidden)]
pub mod __macro {
    use crate::find::find_const;
    use crate::nearest::Nearest;
    use crate::{Entry, Kind, Plan, Provider, Region};

    /// Returns the names of a closed list that are nearest to a name.
    macro_rules! near {
        ($list:ty, $name:expr) => {{
            let mut nearest = Nearest::new();
            let mut at = 0;
            while at < <$list>::ALL.len() {
                nearest.offer($name, <$list>::ALL[at].name());
                at += 1;
            }
            nearest
        }};
    }

    /// Returns the number of an optional region or plan, and 0 for none. Constants cannot compare options.
    macro_rules! number {
        ($word:expr) => {
            match $word {
                None => 0,
                Some(word) => word as u16 + 1,
            }
        };
    }

    #[doc(hidden)]
    #[inline]
    pub const fn entry(provider: &str, region: Option<&str>, plan: Option<&str>, name: &str) -> Entry {
        let Some(provider) = Provider::from_name(provider) else {
            fail("provider", provider, &near!(Provider, provider))
        };
        let region = match region {
            None => None,
            Some(name) => match Region::from_name(name) {
                Some(region) => Some(region),
                None => fail("region", name, &near!(Region, name)),
            },
        };
        let plan = match plan {
            None => None,
            Some(name) => match Plan::from_name(name) {
                Some(plan) => Some(plan),
                None => fail("plan", name, &near!(Plan, name)),
            },
        };
        if let Some(entry) = of_any_kind(provider, region, plan, name) {
            return entry;
        }
        fail_entry(provider, region, plan, name)
    }

    #[inline]
    const fn of_any_kind(provider: Provider, region: Option<Region>, plan: Option<Plan>, name: &str) -> Option<Entry> {
        let mut at = 0;
        while at < Kind::ALL.len() {
            let found = find_const(provider, region, plan, Kind::ALL[at], name);
            if found.is_some() {
                return found;
            }
            at += 1;
        }
        None
    }

    /// The largest number of names to compare. The compiler's evaluator bounds its steps.
    const MAX_COMPARED: u32 = 2_000;

    /// Returns the nearest names, among the entries around the position at which the name would be.
    #[inline]
    const fn near_entries(
        provider: Provider,
        region: Option<Region>,
        plan: Option<Plan>,
        name: &str,
    ) -> Nearest<'static> {
        let entries = provider.entries();
        let (mut from, mut to) = (entries.next, entries.end);
        while to - from > MAX_COMPARED {
            let middle = from + (to - from) / 2;
            if is_before(Entry(middle), region, plan, name) {
                from = middle - MAX_COMPARED / 4;
            } else {
                to = middle + MAX_COMPARED / 4;
            }
        }
        let mut nearest = Nearest::new();
        while from < to {
            let entry = Entry(from);
            if number!(entry.region()) == number!(region) && number!(entry.plan()) == number!(plan) {
                nearest.offer(name, entry.name());
            }
            from += 1;
        }
        nearest
    }

    /// Returns whether an entry precedes a model's name in the order of region, plan, kind and name.
    #[inline]
    const fn is_before(entry: Entry, region: Option<Region>, plan: Option<Plan>, name: &str) -> bool {
        let (own_region, own_plan): (u16, u16) = (number!(entry.region()), number!(entry.plan()));
        let (region, plan) = (number!(region), number!(plan));
        if own_region != region || own_plan != plan {
            return own_region < region || (own_region == region && own_plan < plan);
        }
        if !matches!(entry.kind(), Kind::Model) {
            return false;
        }
        let (own, name) = (entry.name().as_bytes(), name.as_bytes());
        let mut at = 0;
        while at < own.len() && at < name.len() {
            if own[at] != name[at] {
                return own[at] < name[at];
            }
            at += 1;
        }
        own.len() < name.len()
    }

    #[inline]
    const fn fail_entry(provider: Provider, region: Option<Region>, plan: Option<Plan>, name: &str) -> ! {
        let mut message = Message::no("entry", name);
        message.push_all(&[" of `", provider.name(), "`"]);
        if let Some(region) = region {
            message.push_all(&[" in region `", region.name(), "`"]);
        }
        if let Some(plan) = plan {
            message.push_all(&[" in plan `", plan.name(), "`"]);
        }
        let mut elsewhere = false;
        let mut at = 0;
        while at < Region::ALL.len() {
            if of_any_kind(provider, Some(Region::ALL[at]), plan, name).is_some() {
                message.push_all(&["; it is in region `", Region::ALL[at].name(), "`"]);
                elsewhere = true;
            }
            at += 1;
        }
        at = 0;
        while at < Plan::ALL.len() {
            if of_any_kind(provider, region, Some(Plan::ALL[at]), name).is_some() {
                message.push_all(&["; it is in plan `", Plan::ALL[at].name(), "`"]);
                elsewhere = true;
            }
            at += 1;
        }
        if (region.is_some() || plan.is_some()) && of_any_kind(provider, None, None, name).is_some() {
            message.push("; it is of no region and no plan");
            elsewhere = true;
        }
        if !elsewhere {
            message.push_nearest(&near_entries(provider, region, plan, name));
        }
        message.fail()
    }

    #[inline]
    const fn fail(what: &str, name: &str, nearest: &Nearest<'_>) -> ! {
        let mut message = Message::no(what, name);
        message.push(" in this catalog");
        message.push_nearest(nearest);
        message.fail()
    }

    /// A text of at most 512 bytes, built in a constant.
    struct Message {
        bytes: [u8; 512],
        len: usize,
    }

    impl Message {
        #[inline]
        const fn no(what: &str, name: &str) -> Self {
            let mut message = Self { bytes: [0; 512], len: 0 };
            message.push_all(&["no ", what, " `", name, "`"]);
            message
        }

        /// Appends a text if all of it fits.
        #[inline]
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

        #[inline]
        const fn push_all(&mut self, texts: &[&str]) {
            let mut at = 0;
            while at < texts.len() {
                self.push(texts[at]);
                at += 1;
            }
        }

        #[inline]
        const fn push_nearest(&mut self, nearest: &Nearest<'_>) {
            let mut at = 0;
            while at < 3 && !nearest.name(at).is_empty() {
                let before = if at == 0 { "; the nearest names are `" } else { ", `" };
                self.push_all(&[before, nearest.name(at), "`"]);
                at += 1;
            }
        }

        #[inline]
        const fn fail(&self) -> ! {
            match core::str::from_utf8(self.bytes.split_at(self.len).0) {
                Ok(text) => panic!("{}", text),
                Err(_) => panic!("a name that is not in this catalog"),
            }
        }
    }
}
