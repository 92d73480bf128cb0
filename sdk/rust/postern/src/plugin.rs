use crate::hook::{ACCOUNT_SHAPE, CLAIMS_MAP, CONNECTOR_LOGIN, CONNECTOR_PASSWORD, EVENT_SINK, SCOPE_POLICY};
use crate::json::parse_bytes;
use crate::{
    object, AccountInput, CapabilityWish, ClaimsInput, ClaimsOutput, EventInput, EventOutput, LoginInput, LoginOutput,
    Manifest, Message, Object, PasswordInput, PasswordOutput, Phase, Preset, Sample, ScopeInput, ScopeOutput,
    SecretWish, Target, Value,
};

/// The version of the host's interface that this SDK speaks.
pub const HOST_API: u32 = 1;

/// Why a plugin fails a call. Its text goes to the operator's log, never to a
/// person. Whatever is an error becomes one with `?`, and a text with `.into()`.
pub type Error = Box<dyn std::error::Error>;

/// What the function of a hook gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A plugin: its manifest, and a function for each hook that it implements.
///
/// ```
/// use postern::{object, ClaimsOutput, Plugin};
///
/// Plugin::new("department", "1.0.0", "Adds the department.").claims(|input| {
///     let department = input.user.attributes.get_str("department");
///     Ok(ClaimsOutput { set: object! { "department": department }, ..ClaimsOutput::default() })
/// });
/// ```
///
/// Without [`Plugin::settings`] it has none; a hook without a [`Plugin::sample`] is
/// tried on an empty message when the module is loaded.
pub struct Plugin {
    manifest: Manifest,
    handlers: Vec<Handler>,
}

struct Handler {
    hook: &'static str,
    call: Box<Call>,
    /// An input in which everything is empty.
    empty: fn() -> Value,
}

/// A hook, from JSON to JSON.
type Call = dyn Fn(Value) -> Result<String>;

impl Plugin {
    /// A plugin without hooks.
    pub fn new(id: &str, version: &str, description: &str) -> Plugin {
        let manifest = Manifest {
            id: id.into(),
            version: version.into(),
            description: description.into(),
            host_api: HOST_API,
            settings: object! { "type": "object", "additionalProperties": false }.into(),
            ..Manifest::default()
        };
        Plugin { manifest, handlers: Vec::new() }
    }

    /// The JSON Schema of the settings.
    ///
    /// # Panics
    ///
    /// If it is no JSON: any test that makes the plugin shows that.
    pub fn settings(mut self, schema: &str) -> Plugin {
        self.manifest.settings = schema.parse().expect("the schema of the settings");
        self
    }

    /// Asks for a capability, which the operator grants.
    pub fn capability(mut self, wish: CapabilityWish) -> Plugin {
        self.manifest.capabilities.push(wish);
        self
    }

    /// Asks for a secret, which the operator sets.
    pub fn secret(mut self, wish: SecretWish) -> Plugin {
        self.manifest.secrets.push(wish);
        self
    }

    /// Offers settings to begin with.
    pub fn preset(mut self, preset: Preset) -> Plugin {
        self.manifest.presets.push(preset);
        self
    }

    /// Adds a message for the self-test at load.
    pub fn sample(mut self, sample: Sample) -> Plugin {
        self.manifest.samples.push(sample);
        self
    }

    /// Implements `claims.map/v1`.
    pub fn claims(self, map: impl Fn(&ClaimsInput) -> Result<ClaimsOutput> + 'static) -> Plugin {
        let empty = || with_settings(ClaimsInput { target: Target::IdToken, ..ClaimsInput::default() }.to_value());
        let call = move |input| Ok(map(&ClaimsInput::from_value(input)?)?.to_json());
        self.implement(CLAIMS_MAP, empty, Box::new(call))
    }

    /// Implements `account.shape/v1`. The object is sent as it is, its members in their
    /// order.
    pub fn account(self, shape: impl Fn(&AccountInput) -> Result<Object> + 'static) -> Plugin {
        let empty = || with_settings(AccountInput::default().to_value());
        let call = move |input| Ok(shape(&AccountInput::from_value(input)?)?.to_json());
        self.implement(ACCOUNT_SHAPE, empty, Box::new(call))
    }

    /// Implements `scope.policy/v1`.
    pub fn scopes(self, decide: impl Fn(&ScopeInput) -> Result<ScopeOutput> + 'static) -> Plugin {
        let empty = || with_settings(ScopeInput::default().to_value());
        let call = move |input| Ok(decide(&ScopeInput::from_value(input)?)?.to_json());
        self.implement(SCOPE_POLICY, empty, Box::new(call))
    }

    /// Implements both phases of `connector.login/v1`.
    pub fn login(self, step: impl Fn(&LoginInput) -> Result<LoginOutput> + 'static) -> Plugin {
        let empty = || with_settings(LoginInput { phase: Phase::Begin, ..LoginInput::default() }.to_value());
        let call = move |input| Ok(step(&LoginInput::from_value(input)?)?.to_json());
        self.implement(CONNECTOR_LOGIN, empty, Box::new(call))
    }

    /// Implements `connector.password/v1`.
    pub fn password(self, check: impl Fn(&PasswordInput) -> Result<PasswordOutput> + 'static) -> Plugin {
        let empty = || with_settings(PasswordInput::default().to_value());
        let call = move |input| Ok(check(&PasswordInput::from_value(input)?)?.to_json());
        self.implement(CONNECTOR_PASSWORD, empty, Box::new(call))
    }

    /// Implements `event.sink/v1`. After an error the host sends the event again, later.
    pub fn event(self, take: impl Fn(&EventInput) -> Result<()> + 'static) -> Plugin {
        let empty = || with_settings(EventInput::default().to_value());
        let call = move |input| {
            take(&EventInput::from_value(input)?)?;
            Ok(EventOutput::default().to_json())
        };
        self.implement(EVENT_SINK, empty, Box::new(call))
    }

    /// The code of a hook gets into a module only through here, so a module carries the
    /// messages of its own hooks alone.
    fn implement(mut self, hook: &'static str, empty: fn() -> Value, call: Box<Call>) -> Plugin {
        assert!(self.handlers.iter().all(|h| h.hook != hook), "{hook} is implemented twice");
        self.handlers.push(Handler { hook, call, empty });
        self
    }

    /// What the host is told.
    pub fn manifest(&self) -> Manifest {
        let mut manifest = self.manifest.clone();
        for handler in &self.handlers {
            manifest.hooks.push(handler.hook.into());
            if manifest.samples.iter().all(|sample| sample.hook != handler.hook) {
                let input = (handler.empty)();
                manifest.samples.push(Sample { hook: handler.hook.into(), input, calls: Vec::new() });
            }
        }
        manifest
    }
}

/// Settings are an object, always.
fn with_settings(mut input: Value) -> Value {
    if let Value::Object(members) = &mut input {
        members.set("settings", Object::new());
    }
    input
}

/// A set of plugins that answers as a guest does: the exports of a WebAssembly
/// module are calls of it, and tests call it natively.
pub struct Module {
    plugins: Vec<Plugin>,
}

impl Module {
    /// A module of plugins.
    pub fn new(plugins: Vec<Plugin>) -> Module {
        Module { plugins }
    }

    /// What the host is told of the plugins, in their order.
    pub fn manifests(&self) -> Vec<Manifest> {
        self.plugins.iter().map(Plugin::manifest).collect()
    }

    /// [`Module::manifests`] as the host reads them.
    pub fn describe(&self) -> String {
        let mut out = String::new();
        crate::codec::Field::write(&self.manifests(), &mut out);
        out
    }

    /// Runs one hook, from JSON to JSON. Both numbers are positions: of the plugin in the
    /// module, of the hook in its manifest.
    pub fn call(&self, plugin: usize, hook: usize, input: &[u8]) -> Result<String> {
        let plugin = self.plugins.get(plugin).ok_or("the module has no such plugin")?;
        let handler = plugin.handlers.get(hook).ok_or("the plugin has no such hook")?;
        (handler.call)(parse_bytes(input)?)
    }
}

/// Makes plugins those of this WebAssembly module, and a function `module` that
/// tests call:
///
/// ```
/// use postern::Plugin;
///
/// fn plugin() -> Plugin {
///     Plugin::new("empty", "1.0.0", "Does nothing.").event(|_| Ok(()))
/// }
///
/// postern::register!(plugin());
///
/// # fn main() {
/// assert_eq!(module().call(0, 0, b"{}").unwrap(), "{}");
/// # }
/// ```
#[macro_export]
macro_rules! register {
    ($($plugin:expr),+ $(,)?) => {
        /// The plugins of this module.
        pub fn module() -> $crate::Module {
            $crate::Module::new(vec![$($plugin),+])
        }

        #[cfg(target_arch = "wasm32")]
        mod postern_exports {
            // Made by the samples, at load: every call finds it ready.
            thread_local! {
                static MODULE: $crate::Module = super::module();
            }

            #[no_mangle]
            extern "C" fn postern_abi() -> i32 {
                $crate::HOST_API as i32
            }

            #[no_mangle]
            extern "C" fn postern_describe() {
                MODULE.with($crate::guest::describe);
            }

            #[no_mangle]
            extern "C" fn postern_call(plugin: usize, hook: usize) -> i32 {
                MODULE.with(|module| $crate::guest::call(module, plugin, hook))
            }
        }
    };
}
