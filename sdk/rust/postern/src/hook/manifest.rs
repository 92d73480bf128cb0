use crate::{message, CapabilityError, Message, Object, Value};

message! {
    /// What a module says of one of its plugins.
    pub struct Manifest {
        pub id: String,
        pub version: String,
        /// One sentence for the operator.
        pub description: String,
        pub host_api: u32,
        pub hooks: Vec<String>,
        /// Asked for; the operator grants them.
        pub capabilities: Vec<CapabilityWish>,
        pub secrets: Vec<SecretWish>,
        /// The JSON Schema of the settings.
        pub settings: Value,
        /// Settings to begin with.
        pub presets: Vec<Preset>,
        /// Messages for the self-test at load.
        pub samples: Vec<Sample>,
    }
}

message! {
    /// A capability that a plugin asks for.
    pub struct CapabilityWish {
        /// [`HTTP_FETCH`](crate::HTTP_FETCH), ...
        pub name: String,
        /// What it is wanted for, such as hosts. Empty: the settings say it.
        pub targets: Vec<String>,
        /// One sentence for the operator.
        pub reason: String,
        /// The plugin does without.
        pub optional: bool,
    }
}

impl CapabilityWish {
    /// Asks for a capability and says what for.
    pub fn new(name: &str, reason: &str) -> CapabilityWish {
        CapabilityWish { name: name.into(), reason: reason.into(), ..CapabilityWish::default() }
    }

    /// Names a target, such as a host, that is always the same.
    pub fn target(mut self, target: &str) -> CapabilityWish {
        self.targets.push(target.into());
        self
    }

    /// Says that the plugin does without.
    pub fn optional(mut self) -> CapabilityWish {
        self.optional = true;
        self
    }
}

message! {
    /// A secret that a plugin asks for. The operator sets it.
    pub struct SecretWish {
        pub name: String,
        pub description: String,
        pub optional: bool,
    }
}

impl SecretWish {
    /// Asks for a secret.
    pub fn new(name: &str, description: &str) -> SecretWish {
        SecretWish { name: name.into(), description: description.into(), optional: false }
    }

    /// Says that the plugin does without.
    pub fn optional(mut self) -> SecretWish {
        self.optional = true;
        self
    }
}

message! {
    /// A way to use a plugin: for one product, say.
    pub struct Preset {
        /// Lower-case letters, digits and hyphens.
        pub name: String,
        /// What a person would call it.
        pub title: String,
        /// The name of one of Postern's icons, or empty.
        pub icon: String,
        /// An object that what the operator sets is laid over. What the schema requires may
        /// be missing.
        pub settings: Value,
        /// What is to be granted for it, besides what the operator's settings name, such as
        /// hosts.
        pub targets: Vec<String>,
    }
}

impl Preset {
    /// A preset with its settings: `Preset::new("okta", "Okta", object! { ... })`.
    pub fn new(name: &str, title: &str, settings: Object) -> Preset {
        Preset { name: name.into(), title: title.into(), settings: settings.into(), ..Preset::default() }
    }

    /// Shows one of Postern's icons.
    pub fn icon(mut self, name: &str) -> Preset {
        self.icon = name.into();
        self
    }

    /// Names a target, such as a host, that is to be granted.
    pub fn target(mut self, target: &str) -> Preset {
        self.targets.push(target.into());
        self
    }
}

message! {
    /// A message that the plugin must be able to answer.
    pub struct Sample {
        pub hook: String,
        pub input: Value,
        /// Played in their order to a plugin that calls the host.
        pub calls: Vec<HostCall>,
    }
}

impl Sample {
    /// A sample of a hook: `Sample::new(CLAIMS_MAP, &ClaimsInput { ... })`.
    pub fn new(hook: &str, input: &impl Message) -> Sample {
        Sample { hook: hook.into(), input: input.to_value(), calls: Vec::new() }
    }

    /// Adds a call of the host that is played.
    pub fn call(mut self, call: HostCall) -> Sample {
        self.calls.push(call);
        self
    }
}

message! {
    /// A call of a capability with its answer, written down so that it can be played
    /// again without the world.
    pub struct HostCall {
        pub capability: String,
        pub request: Value,
        pub answer: Value,
    }
}

impl HostCall {
    /// A call that is answered.
    pub fn new(capability: &str, request: &impl Message, answer: &impl Message) -> HostCall {
        HostCall { capability: capability.into(), request: request.to_value(), answer: answer.to_value() }
    }

    /// A call that fails.
    pub fn failing(capability: &str, request: &impl Message, error: CapabilityError) -> HostCall {
        let answer = Object::from_iter([("error", error.to_value())]);
        HostCall { capability: capability.into(), request: request.to_value(), answer: answer.into() }
    }
}
