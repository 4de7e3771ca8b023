//! The modules of a crate and the paths that they use, read from its sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Attribute, Expr, Item, Token, UseTree};

/// The path of a module in its crate. That of the root is empty.
pub(crate) type Module = Vec<String>;

/// The modules of a crate that have files of their own.
#[derive(Default)]
pub(crate) struct Modules(BTreeMap<Module, Source>);

/// What the file of a module names. A module with a replacement for a feature that is off has both files in one.
#[derive(Default)]
struct Source {
    /// The paths in `use` declarations, by the name that each binds.
    imports: BTreeMap<String, Vec<Vec<String>>>,
    /// The modules whose names are all imported.
    globs: Vec<Vec<String>>,
    /// The items that the file defines.
    items: BTreeSet<String>,
    /// The paths in code.
    paths: BTreeSet<Vec<String>>,
}

/// Re-exports that are followed for one path. More are a circle of `use` declarations.
const MAX_REEXPORTS: usize = 8;

impl Modules {
    /// Reads a crate from its root, `lib.rs` or `main.rs`. Modules of tests are left out.
    pub(crate) fn read(root: &Path) -> Self {
        let mut modules = Self::default();
        modules.add(Module::new(), root, root.parent().unwrap());
        modules
    }

    /// The number of modules.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a module whose submodules are in a folder.
    fn add(&mut self, module: Module, file: &Path, folder: &Path) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reader = Reader { source: self.0.remove(&module).unwrap_or_default(), submodules: Vec::new() };
        reader.visit_file(&parsed);
        self.0.insert(module.clone(), reader.source);
        for (name, path) in reader.submodules {
            let submodule = [module.clone(), vec![name.clone()]].concat();
            let beside = folder.join(format!("{name}.rs"));
            let file = match path {
                Some(path) => file.with_file_name(path),
                None if beside.is_file() => beside,
                None => folder.join(&name).join("mod.rs"),
            };
            self.add(submodule, &file, &folder.join(&name));
        }
    }

    /// Returns which module uses which.
    pub(crate) fn uses(&self) -> BTreeSet<(Module, Module)> {
        let mut uses = BTreeSet::new();
        for (module, source) in &self.0 {
            let imports = source.imports.values().flatten();
            for path in imports.chain(&source.globs).chain(&source.paths) {
                uses.extend(self.resolve(module, path, 0).map(|used| (module.clone(), used)));
            }
        }
        uses
    }

    /// Returns the module that defines what a path in a module names. `None` for what another crate defines, and for names
    /// in scope that no declaration of the file binds.
    fn resolve(&self, module: &Module, path: &[String], reexports: usize) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let outside = match first.as_str() {
            "crate" => Some(Module::new()),
            "self" => Some(module.clone()),
            "super" => Some(module.split_last()?.1.to_vec()),
            _ => None,
        };
        match outside {
            Some(outside) if rest.is_empty() => Some(outside),
            Some(outside) if rest[0] == "super" => self.resolve(&outside, rest, reexports),
            Some(outside) => self.find(&outside, rest, reexports),
            None => self.find(module, path, reexports),
        }
    }

    /// Returns the module that defines what a path below a module names.
    fn find(&self, module: &Module, path: &[String], reexports: usize) -> Option<Module> {
        let source = self.0.get(module)?;
        let Some((name, rest)) = path.split_first() else { return Some(module.clone()) };
        let submodule = [module.clone(), vec![name.clone()]].concat();
        if self.0.contains_key(&submodule) {
            // What no item of the file has as its name, a macro defines.
            return self.find(&submodule, rest, reexports).or(Some(submodule));
        }
        if source.items.contains(name) {
            return Some(module.clone());
        }
        if reexports == MAX_REEXPORTS {
            return None;
        }
        let imports = source.imports.get(name).into_iter().flatten();
        // `use name;` imports another crate. It names itself.
        let mut imported = imports.filter(|import| import.as_slice() != [name.clone()]).filter_map(|import| {
            let path = [import.as_slice(), rest].concat();
            self.resolve(module, &path, reexports + 1)
        });
        imported.next().or_else(|| {
            source.globs.iter().find_map(|glob| {
                let of = self.resolve(module, glob, reexports + 1)?;
                self.find(&of, path, reexports + 1)
            })
        })
    }
}

/// Reads one file.
struct Reader {
    source: Source,
    /// The modules in files of their own, each with the path that an attribute states.
    submodules: Vec<(String, Option<PathBuf>)>,
}

impl Reader {
    fn import(&mut self, tree: &UseTree, mut path: Vec<String>) {
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.import(&tree.tree, path);
            }
            UseTree::Name(tree) if tree.ident == "self" => self.bind(path.last().cloned(), path),
            UseTree::Name(tree) => {
                path.push(tree.ident.to_string());
                self.bind(Some(tree.ident.to_string()), path);
            }
            UseTree::Rename(tree) => {
                if tree.ident != "self" {
                    path.push(tree.ident.to_string());
                }
                self.bind(Some(tree.rename.to_string()), path);
            }
            UseTree::Glob(_) => self.source.globs.push(path),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, path.clone())),
        }
    }

    fn bind(&mut self, name: Option<String>, path: Vec<String>) {
        self.source.imports.entry(name.unwrap_or_default()).or_default().push(path);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name): (&[Attribute], _) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Union(item) => (&item.attrs, Some(&item.ident)),
            Item::Use(item) => (&item.attrs, None),
            _ => (&[], None),
        };
        if is_of_tests(attributes) {
            return;
        }
        self.source.items.extend(name.map(ToString::to_string));
        match item {
            Item::Use(item) => self.import(&item.tree, Vec::new()),
            Item::Mod(item) if item.content.is_none() => {
                let path = attributes.iter().find(|attribute| attribute.path().is_ident("path"));
                let path = path.map(|path| match &path.meta.require_name_value().unwrap().value {
                    Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => PathBuf::from(path.value()),
                    _ => panic!("expected a path as the value of `path`, of the module {}", item.ident),
                });
                self.submodules.push((item.ident.to_string(), path));
            }
            _ => syn::visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.source.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    /// Reads the arguments of macros that are called like functions.
    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        for argument in called.parse_body_with(parser).into_iter().flatten() {
            let mut inner = Reader { source: Source::default(), submodules: Vec::new() };
            inner.visit_expr(&argument);
            self.source.paths.extend(inner.source.paths);
        }
    }
}

/// Returns whether an item is compiled for tests alone.
fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && matches!(&attribute.meta, syn::Meta::List(list)
                    if matches!(list.tokens.to_string().as_str(), "test" | "doctest"))
    })
}
