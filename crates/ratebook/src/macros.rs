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
    #[inline]
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

    #[inline]
    const fn near_regions(name: &str) -> Nearest<'static> {
        let mut nearest = Nearest::new();
        let mut at = 0;
        while at < Region::ALL.len() {
            nearest.offer(name, Region::ALL[at].name());
            at += 1;
        }
        nearest
    }

    #[inline]
    const fn near_plans(name: &str) -> Nearest<'static> {
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

    /// The nearest of the names that stand next to where the name would.
    #[inline]
    const fn near_entries(
        provider: Provider,
        region: Option<Region>,
        plan: Option<Plan>,
        name: &str,
    ) -> Nearest<'static> {
        let entries = provider.entries();
        let (mut from, mut to) = (entries.next, entries.end);
        while to - from > MOST_COMPARED {
            let middle = from + (to - from) / 2;
            if is_before(Entry(middle), region, plan, name) {
                from = middle - MOST_COMPARED / 4;
            } else {
                to = middle + MOST_COMPARED / 4;
            }
        }
        let mut nearest = Nearest::new();
        while from < to {
            let entry = Entry(from);
            if same_region(entry.region(), region) && same_plan(entry.plan(), plan) {
                nearest.offer(name, entry.name());
            }
            from += 1;
        }
        nearest
    }

    /// Whether an entry stands before a model's name: by region, plan, kind and name.
    #[inline]
    const fn is_before(entry: Entry, region: Option<Region>, plan: Option<Plan>, name: &str) -> bool {
        let (own_region, own_plan) = (number_of_region(entry.region()), number_of_plan(entry.plan()));
        let (region, plan) = (number_of_region(region), number_of_plan(plan));
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
    const fn number_of_region(region: Option<Region>) -> u16 {
        match region {
            None => 0,
            Some(region) => region as u16 + 1,
        }
    }

    #[inline]
    const fn number_of_plan(plan: Option<Plan>) -> u16 {
        match plan {
            None => 0,
            Some(plan) => plan as u16 + 1,
        }
    }

    #[inline]
    const fn same_region(a: Option<Region>, b: Option<Region>) -> bool {
        number_of_region(a) == number_of_region(b)
    }

    #[inline]
    const fn same_plan(a: Option<Plan>, b: Option<Plan>) -> bool {
        number_of_plan(a) == number_of_plan(b)
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

    /// A text put together in a constant.
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

        /// Adds a text whole, or not at all where it does not fit.
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
