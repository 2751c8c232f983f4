Set-StrictMode -Version 3.0

function Get-CutoverCheck {
    <#
    .SYNOPSIS
    Checks which DNS records still have to change before domains are fully moved to Microsoft 365.

    .DESCRIPTION
    Runs `cutover check` and returns one object per domain: the fields of its JSON report, version 1, such as domain,
    verdict, expectations, hazards and changes. A domain that is not ready is a result and not an error.

    .PARAMETER Domain
    The domains to check, also from the pipeline: strings, or objects with a property Domain, Name or Id, as
    Get-MgDomain returns them.

    .PARAMETER Phase
    The part of the move to check: prepare, switch or tidy.

    .PARAMETER Cloud
    The Microsoft cloud: worldwide, gcc, gcc-high, dod or china.

    .PARAMETER Tenant
    The initial domain: contoso or contoso.onmicrosoft.com.

    .PARAMETER Resolver
    Resolvers to ask in place of those of the system.

    .PARAMETER SettingsFile
    A settings file.

    .PARAMETER ArgumentList
    Further options of `cutover check`, one word each.

    .PARAMETER Program
    The program, where it is not on the search path.

    .EXAMPLE
    Get-CutoverCheck contoso.com | Select-Object domain, verdict

    .EXAMPLE
    (Get-CutoverCheck contoso.com).changes | Format-Table action, name, type, after

    .EXAMPLE
    Get-MgDomain | Get-CutoverCheck -Phase tidy | Where-Object verdict -ne ready
    #>
    [CmdletBinding()]
    [OutputType('Cutover.Domain')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'Id')]
        [string[]] $Domain,

        [ValidateSet('prepare', 'switch', 'tidy')]
        [string] $Phase,

        [ValidateSet('worldwide', 'gcc', 'gcc-high', 'dod', 'china')]
        [string] $Cloud,

        [string] $Tenant,

        [string[]] $Resolver = @(),

        [string] $SettingsFile,

        [string[]] $ArgumentList = @(),

        [string] $Program = 'cutover'
    )
    begin {
        $domains = [System.Collections.Generic.List[string]]::new()
    }
    process {
        $domains.AddRange($Domain)
    }
    end {
        $words = @('check', '--quiet')
        if ($Phase) { $words += '--phase', $Phase }
        if ($Cloud) { $words += '--cloud', $Cloud }
        if ($Tenant) { $words += '--tenant', $Tenant }
        if ($SettingsFile) { $words += '--settings', $SettingsFile }
        foreach ($address in $Resolver) { $words += '--resolver', $address }
        $words += $ArgumentList
        # By way of a file: what a program prints is read in the code page of the console.
        $report = [System.IO.Path]::GetTempFileName()
        try {
            & $Program @words --output "json=$report" '--' $domains | Out-Null
            $status = $LASTEXITCODE
            $text = [System.IO.File]::ReadAllText($report)
            # 2 is wrong usage or a failure, which the program has explained; every other status is a verdict.
            if ($status -eq 2 -or -not $text) {
                throw "cutover ended with status $status"
            }
            $run = ConvertFrom-Json -InputObject $text
            foreach ($result in $run.domains) {
                $result.PSObject.TypeNames.Insert(0, 'Cutover.Domain')
                Add-Member -InputObject $result -NotePropertyName checked_at -NotePropertyValue $run.checked_at -Force
                $result
            }
        }
        finally {
            Remove-Item -LiteralPath $report -ErrorAction SilentlyContinue
        }
    }
}

Export-ModuleMember -Function Get-CutoverCheck
