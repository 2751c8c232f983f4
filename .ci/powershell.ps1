# Checks that the PowerShell module in this folder gives objects, with the program on the search path.
#
#   pwsh -NoProfile -File .ci/powershell.ps1 FOLDER
param([Parameter(Mandatory)] [string] $Folder)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3.0
Test-ModuleManifest (Join-Path $Folder 'Cutover.psd1') | Out-Null
Import-Module (Join-Path $Folder 'Cutover.psd1') -Force
$zone = Join-Path $PSScriptRoot '../fixtures/demo/contoso.com.zone'
$result = 'contoso.com' | Get-CutoverCheck -Phase switch -Tenant contoso -ArgumentList '--zone', $zone
if (@($result).Count -ne 1 -or $result.domain -ne 'contoso.com' -or $result.verdict -ne 'changes-needed') {
    throw "unexpected result: $($result | ConvertTo-Json -Depth 3)"
}
$mx = $result.expectations | Where-Object id -eq 'mx'
if ($mx.code -ne 'mx-at-source' -or @($result.changes).Count -lt 3) { throw "unexpected expectations: $mx" }
$failed = $false
try { Get-CutoverCheck 'not a domain' } catch { $failed = $true }
if (-not $failed) { throw 'wrong usage was not an error' }
Get-Help Get-CutoverCheck -Examples | Out-String | Write-Output
