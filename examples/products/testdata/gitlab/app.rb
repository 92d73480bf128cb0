# Signs people in as GitLab does: with its gem, and with the providers of gitlab.rb, which
# comes as the first argument. The second is the port to listen at. Whoever signed in is
# told as JSON.
require 'json'
require 'rack'
require 'webrick'
require 'rack/handler/webrick'
require 'omniauth_openid_connect'

def config(file)
  gitlab_rails = {}
  eval(File.read(file), binding, file)
  gitlab_rails
end

provider = config(ARGV[0])['omniauth_providers'].fetch(0)
args = provider.fetch(:args)

OmniAuth.config.path_prefix = '/users/auth' # as in GitLab
OmniAuth.config.allowed_request_methods = [:get]
OmniAuth.config.silence_get_warning = true
OmniAuth.config.logger = Logger.new($stderr)

app = Rack::Builder.new do
  use Rack::Session::Cookie, secret: 'x' * 64
  use OmniAuth::Strategies::OpenIDConnect, args
  run lambda { |env|
    auth = env['omniauth.auth']
    told = auth && { uid: auth['uid'], name: auth['info']['name'], email: auth['info']['email'], nickname: auth['info']['nickname'],
                     groups: auth['extra']['raw_info'][args[:client_options][:gitlab][:groups_attribute]] }
    [200, { 'Content-Type' => 'application/json' }, [JSON.generate(told || { label: provider[:label] })]]
  }
end

Rack::Handler::WEBrick.run(app, Host: '127.0.0.1', Port: Integer(ARGV[1]), AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN))
