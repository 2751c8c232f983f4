class Cutover < Formula
  desc "DNS checks for a move of mail to Microsoft 365"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/cutover-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/cutover-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/cutover-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/cutover-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "cutover"
    man1.install "cutover.1"
    bash_completion.install "completions/cutover.bash" => "cutover"
    zsh_completion.install "completions/cutover.zsh" => "_cutover"
    fish_completion.install "completions/cutover.fish"
  end

  test do
    (testpath/"contoso.com.zone").write <<~ZONE
      $ORIGIN contoso.com.
      @ 3600 MX 10 mx1.emailsrvr.com.
    ZONE
    assert_match version.to_s, shell_output("#{bin}/cutover --version")
    output = shell_output("#{bin}/cutover check contoso.com --zone contoso.com.zone", 1)
    assert_match "mx-at-source", output
  end
end
