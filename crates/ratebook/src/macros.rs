//! Lookup by name in constants.

/// Returns an entry by name, as a constant. An unknown name is a compile error with the nearest names.
///
/// The arguments are the provider, the region if there is one, the other parts of the key that the entry has, each by name
/// (`plan`, `deployment`, `mode`, `context`), and the name of the model, task, size class or other selector.
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
    ($provider:expr, $($rest:tt)+) => { $crate::__entry!([$crate::__macro::Names::new($provider)] $($rest)+) };
}

/// Reads the parts of a key in [`entry!`](crate::entry) one by one.
#[doc(hidden)]
#[macro_export]
macro_rules! __entry {
    ([$names:expr] plan = $plan:expr, $($rest:tt)+) => { $crate::__entry!([$names.plan($plan)] $($rest)+) };
    ([$names:expr] deployment = $it:expr, $($rest:tt)+) => { $crate::__entry!([$names.deployment($it)] $($rest)+) };
    ([$names:expr] mode = $mode:expr, $($rest:tt)+) => { $crate::__entry!([$names.mode($mode)] $($rest)+) };
    ([$names:expr] context = $it:expr, $($rest:tt)+) => { $crate::__entry!([$names.context($it)] $($rest)+) };
    ([$names:expr] $name:expr $(,)?) => { const { $names.entry($name) } };
    ([$names:expr] $region:expr, $($rest:tt)+) => { $crate::__entry!([$names.region($region)] $($rest)+) };
}

/// The implementation of [`entry!`](crate::entry).
#[doc(hidden)]
pub mod __macro {
    use crate::find::{Place, find_const};
    use crate::nearest::Nearest;
    use crate::{Context, Deployment, Entry, Kind, Mode, Plan, Provider, Region};

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
                Some(word) => match word.number() {
                    None => 0,
                    Some(number) => number as u16 + 1,
                },
            }
        };
    }

    /// Returns the word of an optional name in a closed list.
    macro_rules! word {
        ($list:ty, $what:literal, $name:expr) => {
            match $name {
                None => None,
                Some(name) => match <$list>::from_name(name) {
                    Some(word) => Some(word),
                    None => fail($what, name, &near!($list, name)),
                },
            }
        };
    }

    /// The parts of a key, by name.
    #[doc(hidden)]
    #[derive(Clone, Copy)]
    pub struct Names<'a> {
        provider: &'a str,
        region: Option<&'a str>,
        plan: Option<&'a str>,
        deployment: Option<&'a str>,
        mode: Option<&'a str>,
        context: Option<&'a str>,
    }

    impl<'a> Names<'a> {
        #[inline]
        pub const fn new(provider: &'a str) -> Self {
            Self { provider, region: None, plan: None, deployment: None, mode: None, context: None }
        }

        #[inline]
        pub const fn region(self, region: &'a str) -> Self {
            Self { region: Some(region), ..self }
        }

        #[inline]
        pub const fn plan(self, plan: &'a str) -> Self {
            Self { plan: Some(plan), ..self }
        }

        #[inline]
        pub const fn deployment(self, deployment: &'a str) -> Self {
            Self { deployment: Some(deployment), ..self }
        }

        #[inline]
        pub const fn mode(self, mode: &'a str) -> Self {
            Self { mode: Some(mode), ..self }
        }

        #[inline]
        pub const fn context(self, context: &'a str) -> Self {
            Self { context: Some(context), ..self }
        }

        #[inline]
        pub const fn entry(self, name: &str) -> Entry {
            let Some(provider) = Provider::from_name(self.provider) else {
                fail("provider", self.provider, &near!(Provider, self.provider))
            };
            let place = Place {
                region: word!(Region, "region", self.region),
                plan: word!(Plan, "plan", self.plan),
                deployment: word!(Deployment, "deployment", self.deployment),
                mode: word!(Mode, "mode", self.mode),
                context: word!(Context, "context", self.context),
                ..Place::of(provider)
            };
            match of_any_kind(place, name) {
                Some(entry) => entry,
                None => self.fail(place, name),
            }
        }

        /// Fails with the places that have the name, or else with the nearest names.
        #[inline]
        const fn fail(self, place: Place, name: &str) -> ! {
            let mut message = Message::no("entry", name);
            message.push_all(&[" of `", self.provider, "`"]);
            message.push_part(" in region `", self.region);
            message.push_part(" in plan `", self.plan);
            message.push_part(" in deployment `", self.deployment);
            message.push_part(" in mode `", self.mode);
            message.push_part(" in context `", self.context);
            let mut elsewhere = false;
            // The other values of one part of the key.
            macro_rules! try_each {
                ($list:ty, $what:literal, |$word:ident| $place:expr) => {
                    let mut at = 0;
                    while at < <$list>::ALL.len() {
                        let $word = <$list>::ALL[at];
                        if of_any_kind($place, name).is_some() {
                            message.push_all(&["; it is in ", $what, " `", $word.name(), "`"]);
                            elsewhere = true;
                        }
                        at += 1;
                    }
                };
            }
            try_each!(Region, "region", |region| Place { region: Some(region), ..place });
            try_each!(Plan, "plan", |plan| Place { plan: Some(plan), ..place });
            let usual = Place { deployment: None, mode: None, context: None, ..place };
            try_each!(Deployment, "deployment", |it| Place { deployment: Some(it), ..usual });
            try_each!(Mode, "mode", |mode| Place { mode: Some(mode), ..usual });
            try_each!(Context, "context", |it| Place { context: Some(it), ..usual });
            let bare = Place::of(place.provider);
            if place.has_parts() && of_any_kind(bare, name).is_some() {
                message.push("; it is of no region and no plan");
                elsewhere = true;
            }
            if !elsewhere {
                message.push_nearest(&near_entries(place.provider, place.region, place.plan, name));
            }
            message.fail()
        }
    }

    #[inline]
    const fn of_any_kind(place: Place, name: &str) -> Option<Entry> {
        let mut at = 0;
        while at < Kind::ALL.len() {
            let found = find_const(place, Kind::ALL[at], name);
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
            if is_before(Entry::compiled(middle), region, plan, name) {
                from = middle - MAX_COMPARED / 4;
            } else {
                to = middle + MAX_COMPARED / 4;
            }
        }
        let mut nearest = Nearest::new();
        while from < to {
            let entry = Entry::compiled(from);
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

        /// Appends a part of a key, if there is one.
        #[inline]
        const fn push_part(&mut self, before: &str, part: Option<&str>) {
            if let Some(part) = part {
                self.push_all(&[before, part, "`"]);
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
