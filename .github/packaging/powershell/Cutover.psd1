@{
    RootModule = 'Cutover.psm1'
    ModuleVersion = '@VERSION@'
    GUID = '6f6b1a53-0d5c-4a0e-9b57-3a1f2c7c8e94'
    Author = '@OWNER@'
    CompanyName = '@OWNER@'
    Copyright = 'MIT or Apache-2.0, at your option.'
    Description = 'DNS checks for a move of mail to Microsoft 365, as objects. Needs the program cutover.'
    PowerShellVersion = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FunctionsToExport = @('Get-CutoverCheck')
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
    PrivateData = @{
        PSData = @{
            Tags = @('DNS', 'Mail', 'Microsoft365', 'Office365', 'Migration')
            LicenseUri = '@REPOSITORY@/blob/v@VERSION@/LICENSE'
            ProjectUri = '@REPOSITORY@'
        }
    }
}
